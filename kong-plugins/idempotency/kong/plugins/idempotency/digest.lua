-- SHA-256, HMAC-SHA-256 (RFC 2104), SHA-1 and random bytes by the process's own libcrypto.
--
-- One-shot functions of libcrypto are called through the FFI: they are in every
-- nginx that speaks TLS (Kong, OpenResty, Debian), need no Lua library, and are
-- several times faster than building a digest object for each request.

local ffi = require "ffi"

local ffi_new = ffi.new
local ffi_string = ffi.string
local format = string.format
local gsub = string.gsub

-- names of our own, bound to the symbols by __asm__: other modules may have
-- declared the same functions with other types
ffi.cdef [[
const void *idempotency_evp_sha256(void) __asm__("EVP_sha256");
unsigned char *idempotency_hmac(const void *md, const void *key, int key_len,
                                const unsigned char *data, size_t len,
                                unsigned char *out, unsigned int *out_len) __asm__("HMAC");
unsigned char *idempotency_sha256(const unsigned char *data, size_t len,
                                  unsigned char *out) __asm__("SHA256");
unsigned char *idempotency_sha1(const unsigned char *data, size_t len,
                                unsigned char *out) __asm__("SHA1");
int idempotency_rand_bytes(unsigned char *out, int len) __asm__("RAND_bytes");
]]

local SHA1_BYTES = 20
local SHA256_BYTES = 32
local MAX_RANDOM_BYTES = 64


-- libcrypto is part of an nginx process; a bare LuaJIT (unit specs) loads it
local function libcrypto()
  if pcall(function() return ffi.C.idempotency_hmac end) then
    return ffi.C
  end

  for _, name in ipairs({ "libcrypto.so.3", "libcrypto.so.1.1", "crypto" }) do
    local ok, lib = pcall(ffi.load, name)
    if ok then
      return lib
    end
  end

  error("libcrypto is not to be found")
end


local crypto = libcrypto()
local sha256_method = crypto.idempotency_evp_sha256()
local out = ffi_new("unsigned char[?]", MAX_RANDOM_BYTES)
local out_len = ffi_new("unsigned int[1]")

local _M = {}


local HEX = {}
for i = 0, 255 do
  HEX[string.char(i)] = format("%02x", i)
end


--- Lower-case hexadecimal of a binary string.
function _M.hex(bytes)
  return (gsub(bytes, ".", HEX))
end


--- The 32 bytes of SHA-256.
function _M.sha256(data)
  crypto.idempotency_sha256(data, #data, out)
  return ffi_string(out, SHA256_BYTES)
end


--- The 20 bytes of SHA-1, which Redis names scripts by.
function _M.sha1(data)
  crypto.idempotency_sha1(data, #data, out)
  return ffi_string(out, SHA1_BYTES)
end


--- The 32 bytes of HMAC-SHA-256.
function _M.hmac_sha256(key, data)
  if crypto.idempotency_hmac(sha256_method, key, #key, data, #data, out, out_len) == nil then
    error("HMAC failed")
  end

  return ffi_string(out, SHA256_BYTES)
end


--- `count` (up to 64) bytes that nobody can guess.
function _M.random(count)
  if crypto.idempotency_rand_bytes(out, count) ~= 1 then
    error("no random bytes")
  end

  return ffi_string(out, count)
end


return _M
