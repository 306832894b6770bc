-- SHA-256, HMAC-SHA-256 (RFC 2104), SHA-1 and random bytes by the process's own libcrypto.
--
-- libcrypto is in every nginx that speaks TLS (Kong, OpenResty, Debian). Kong's Lua libraries are no way to it: resty.sha256
-- calls functions that OpenSSL 3 deprecates, and resty.openssl is in no package of Debian or Ubuntu. Contexts are opaque
-- here; each is initialized once with its algorithm and used again, because looking an algorithm up takes longer than hashing
-- a small request.
--
-- Results go into a local before they are returned: LuaJIT compiles no function by itself that ends in a call of C, and
-- calls of C that it does not compile take twenty times as long.

local ffi = require "ffi"

local band = bit.band
local bxor = bit.bxor
local byte = string.byte
local ffi_fill = ffi.fill
local ffi_string = ffi.string
local rshift = bit.rshift

-- names of our own, bound to the symbols by __asm__: other modules may have declared the same functions with other types
ffi.cdef [[
void *idempotency_md_ctx_new(void) __asm__("EVP_MD_CTX_new");
int idempotency_md_ctx_copy(void *out, const void *in) __asm__("EVP_MD_CTX_copy_ex");
const void *idempotency_sha256(void) __asm__("EVP_sha256");
const void *idempotency_sha1(void) __asm__("EVP_sha1");
int idempotency_digest_init(void *ctx, const void *type, void *engine) __asm__("EVP_DigestInit_ex");
int idempotency_digest_update(void *ctx, const void *data, size_t len) __asm__("EVP_DigestUpdate");
int idempotency_digest_final(void *ctx, unsigned char *out, unsigned int *len) __asm__("EVP_DigestFinal_ex");
int idempotency_rand_bytes(unsigned char *out, int len) __asm__("RAND_bytes");
]]

local BLOCK_BYTES = 64 -- of SHA-256
local SHA1_BYTES = 20
local SHA256_BYTES = 32
local RANDOM_BYTES = 1024 -- drawn at a time


-- libcrypto is part of an nginx process; a bare LuaJIT (unit specs) loads it
local function libcrypto()
  if pcall(function() return ffi.C.idempotency_md_ctx_new end) then
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


-- raises unless a function of libcrypto has succeeded: a digest that was not computed must name no key
local function check(result)
  if result ~= 1 then
    error("libcrypto cannot hash")
  end
end


-- a context for as long as the worker lives
local function new_context(algorithm)
  local context = crypto.idempotency_md_ctx_new()
  if context == nil then
    error("libcrypto has no memory")
  end

  check(crypto.idempotency_digest_init(context, algorithm, nil))
  return context
end


local SHA256 = crypto.idempotency_sha256()
local bytes_t = ffi.typeof("unsigned char[?]")
local context = new_context(SHA256)
local out = bytes_t(SHA256_BYTES)

local _M = {}


local HEX = "0123456789abcdef"
local hex_out = bytes_t(2 * SHA256_BYTES)


-- the hexadecimal digits of `count` bytes of `out`
local function hex_of_out(count)
  for i = 0, count - 1 do
    local value = out[i]
    hex_out[2 * i] = byte(HEX, rshift(value, 4) + 1)
    hex_out[2 * i + 1] = byte(HEX, band(value, 15) + 1)
  end

  local digits = ffi_string(hex_out, 2 * count)
  return digits
end


-- without an algorithm a context keeps the one that it has
local function sha256(data)
  check(crypto.idempotency_digest_init(context, nil, nil))
  check(crypto.idempotency_digest_update(context, data, #data))
  check(crypto.idempotency_digest_final(context, out, nil))
end


--- The 32 bytes of SHA-256.
function _M.sha256(data)
  sha256(data)
  local digest = ffi_string(out, SHA256_BYTES)
  return digest
end


--- SHA-256 in lower-case hexadecimal.
function _M.sha256_hex(data)
  sha256(data)
  local digits = hex_of_out(SHA256_BYTES)
  return digits
end


--- SHA-1 in lower-case hexadecimal, which Redis names scripts by.
function _M.sha1_hex(data)
  local own = new_context(crypto.idempotency_sha1())
  check(crypto.idempotency_digest_update(own, data, #data))
  check(crypto.idempotency_digest_final(own, out, nil))
  return hex_of_out(SHA1_BYTES)
end


-- the states of the hash after a block of the last key, each byte of it XORed with a pad:
-- one secret serves all requests of a configuration
local last_key
local inner, outer = new_context(SHA256), new_context(SHA256)
local block = bytes_t(BLOCK_BYTES)


local function set_state(state, key, pad)
  local length = #key
  ffi_fill(block, BLOCK_BYTES, pad)
  for i = 1, length do
    block[i - 1] = bxor(byte(key, i), pad)
  end

  check(crypto.idempotency_digest_init(state, nil, nil))
  check(crypto.idempotency_digest_update(state, block, BLOCK_BYTES))
end


local function set_key(key)
  local short = #key > BLOCK_BYTES and _M.sha256(key) or key
  set_state(inner, short, 0x36)
  set_state(outer, short, 0x5c)
  last_key = key
end


--- The 32 bytes of HMAC-SHA-256 of `head` and `body`, one after the other.
function _M.hmac_sha256(key, head, body)
  if key ~= last_key then
    set_key(key)
  end

  check(crypto.idempotency_md_ctx_copy(context, inner))
  check(crypto.idempotency_digest_update(context, head, #head))
  check(crypto.idempotency_digest_update(context, body, #body))
  check(crypto.idempotency_digest_final(context, out, nil))

  check(crypto.idempotency_md_ctx_copy(context, outer))
  check(crypto.idempotency_digest_update(context, out, SHA256_BYTES))
  check(crypto.idempotency_digest_final(context, out, nil))
  local digest = ffi_string(out, SHA256_BYTES)
  return digest
end


local random_stock = bytes_t(RANDOM_BYTES)
local random_left = 0

--- `count` (up to 1024) bytes that cannot be guessed. First called after the workers
-- were forked, or they would all draw the same.
function _M.random(count)
  if random_left < count then
    if crypto.idempotency_rand_bytes(random_stock, RANDOM_BYTES) ~= 1 then
      error("no random bytes")
    end

    random_left = RANDOM_BYTES
  end

  random_left = random_left - count
  local bytes = ffi_string(random_stock + random_left, count)
  return bytes
end


return _M
