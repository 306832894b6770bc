-- SET commands: what Redis itself can do in one command, for a fifth of what the script costs it: set a key that is not there and tell
-- what is there, and put a value in the place of another one. Each is one atomic step, as the script is, and decides
-- nothing but the plain cases; the script has the last word on all others.

local record = require "kong.plugins.idempotency.record"
local resp = require "kong.plugins.idempotency.resp"

local bulk = resp.bulk
local byte = string.byte
local find = string.find
local open = record.open
local setmetatable = setmetatable
local sub = string.sub

local ANSWER, LOCK, TOMBSTONE = byte("A"), byte("L"), byte("T")
local LOCK_BYTES, TOMBSTONE_BYTES = 49, 33

local _M = {}

local CRLF = "\r\n"
local BEFORE_LOCK = CRLF .. "$" .. LOCK_BYTES .. CRLF


local IN_PLACE_OF = CRLF .. bulk("IFEQ") .. "$" .. LOCK_BYTES .. CRLF


-- texts by what they are made of: of keys' lengths and of times to live there are few
local function texts(make)
  return setmetatable({}, {
    __index = function(known, of)
      local text = make(of)
      known[of] = text
      return text
    end,
  })
end


-- a command up to the key, by the key's length
local OPENING = texts(function(length)
  return "*7" .. CRLF .. bulk("SET") .. "$" .. length .. CRLF
end)

-- what comes after the lock, by the time to live
local TO_CLAIM = texts(function(ttl)
  return CRLF .. bulk("NX") .. bulk("GET") .. bulk("PX") .. bulk(ttl)
end)

local TO_COMPLETE = texts(function(ttl)
  return CRLF .. bulk("PX") .. bulk(ttl)
end)


--- The command that sets `key` to `lock` for `ttl` (a string) milliseconds, unless it is there.
-- Its reply is nothing (set), or what is there. Redis 7 and any Valkey know it.
function _M.claim(key, lock, ttl)
  return { OPENING[#key] .. key .. BEFORE_LOCK, lock, TO_CLAIM[ttl] }
end


--- The command that puts `value` in the place of `lock` at `key`, for `ttl` (a string) milliseconds.
-- Its reply is OK, or nothing (another value is there, or none). Valkey 8.1 and Redis 8.4 know it.
function _M.complete(key, lock, ttl, value)
  return { OPENING[#key] .. key .. CRLF .. "$" .. #value .. CRLF, value, IN_PLACE_OF, lock, TO_COMPLETE[ttl] }
end


--- What the value at a key says to the owner of `lock`, by the script's own rules.
-- @treturn string|nil claimed, in-flight, unknown, mismatch, replay, not-replayable; nil if it is no record
-- @treturn table|number|nil the answer to replay, opened; or when the lock of unknown outcome ends (Unix time)
function _M.judge(value, lock)
  if value == lock then
    return "claimed"
  end

  local kind = byte(value)
  local answer = kind == ANSWER and open(value)
  local sound = answer or kind == LOCK and #value == LOCK_BYTES or kind == TOMBSTONE and #value == TOMBSTONE_BYTES

  if not sound then
    return nil
  elseif sub(value, 2, 33) ~= sub(lock, 2, 33) then
    return "mismatch"
  elseif answer then
    return "replay", answer
  elseif kind == TOMBSTONE then
    return "not-replayable"
  end

  local ends_at = record.ends_at(value)
  return ends_at and "unknown" or "in-flight", ends_at
end


--- Whether a refusal says that the server does not know the command ("ERR", in words that differ from server to server), or
-- that the user may not run it. Most of what passes has a word of its own: OOM, READONLY, LOADING.
function _M.is_unknown(refusal)
  return find(refusal, "ERR ", 1, true) == 1 or find(refusal, "NOPERM", 1, true) == 1
end


return _M
