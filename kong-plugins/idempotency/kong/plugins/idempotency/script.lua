-- The one script. Redis runs it atomically, so that every question about a key
-- and its answer are one step.

local digest = require "kong.plugins.idempotency.digest"
local resp = require "kong.plugins.idempotency.resp"

local bulk = resp.bulk
local find = string.find
local setmetatable = setmetatable
local sub = string.sub

local LOCK_BYTES = 49

local _M = {}

-- KEYS[1]  idem:{service}:{sha256}
-- ARGV[1]  claim | complete | release
-- ARGV[2]  the lock: "L", fingerprint (32 bytes), owner (16 bytes)
-- ARGV[3]  claim, complete: time to live of the lock or of the record, milliseconds
-- ARGV[4]  complete: the record
--
-- claim     0 claimed, 1 claimed over a value that was no record, 2 in flight,
--           3 mismatch, 4 answered but not kept; a string is the record to replay, or a lock of unknown outcome
-- complete  0 stored, 1 the lock had ended and no other owner had come: stored,
--           2 the value belongs to another owner: nothing is changed
-- release   0 released, 2 not the owner's: nothing is changed
--
-- Each is idempotent by owner: the same call twice (a connection broke before the
-- reply) answers the same. The layout of values is record.lua's.
_M.TEXT = [[
local key, op, lock = KEYS[1], ARGV[1], ARGV[2]
local value = redis.pcall('GET', key)
local state
local poisoned = 0

if value == lock then
  state = 'mine'
elseif type(value) == 'string' then
  state = string.sub(value, 1, 1)
  local sound = false
  if state == 'A' then
    local head, body, start = string.match(value, '^[234]%d%d (%d+) (%d+)\n()', 34)
    sound = head and #head < 10 and #body < 10 and start - 1 + head + body == #value
  elseif state == 'L' then
    sound = #value == 49
  elseif state == 'T' then
    sound = #value == 33
  end
  if not sound then
    state, poisoned = nil, 1
  end
elseif value then
  if not string.find(value.err, 'WRONGTYPE', 1, true) then
    return value
  end
  poisoned = 1
end

if op == 'claim' then
  if not state then
    redis.call('SET', key, lock, 'PX', ARGV[3])
    return poisoned
  elseif state == 'mine' then
    return 0
  elseif string.sub(value, 2, 33) ~= string.sub(lock, 2, 33) then
    return 3
  elseif state == 'A' or string.sub(value, 34, 41) == 'unknown:' then
    return value
  end
  return state == 'T' and 4 or 2
end

if op == 'complete' then
  if state == 'mine' or not value then
    redis.call('SET', key, ARGV[4], 'PX', ARGV[3])
    return value and 0 or 1
  end
  return value == ARGV[4] and 0 or 2
end

if op == 'release' then
  if state == 'mine' then
    redis.call('DEL', key)
  end
  return state == 'mine' and 0 or 2
end

return redis.error_reply('ERR unknown operation')
]]

_M.SHA1 = digest.sha1_hex(_M.TEXT)

_M.CLAIM = { [0] = "claimed", "poisoned", "in-flight", "mismatch", "not-replayable" }
_M.COMPLETE = { [0] = "stored", "expired", "lost" }
_M.RELEASE = { [0] = "released", [2] = "lost" }

-- Commands are written as they travel: "*", the number of parts, then each part with its
-- length. They stay in pieces, for sockets put them together faster than Lua, and a long
-- string that differs from another one only in its middle is dear to LuaJIT: it finds
-- strings by a hash of a few of their bytes.
local BY_DIGEST = bulk("EVALSHA") .. bulk(_M.SHA1)
local BY_TEXT = bulk("EVAL") .. bulk(_M.TEXT)
local ONE_KEY = bulk("1")
local CRLF = "\r\n"


-- the beginning of a command of `parts` parts, up to the key's length
local function opening(parts)
  return setmetatable({}, {
    __index = function(openings, length)
      local text = "*" .. parts .. CRLF .. BY_DIGEST .. ONE_KEY .. "$" .. length .. CRLF
      openings[length] = text
      return text
    end,
  })
end


local CLAIM, COMPLETE, RELEASE = opening(7), opening(8), opening(6)
local LOCK = CRLF .. "$" .. LOCK_BYTES .. CRLF
local TO_CLAIM = CRLF .. "$5\r\nclaim" .. LOCK
local TO_COMPLETE = CRLF .. "$8\r\ncomplete" .. LOCK
local TO_RELEASE = CRLF .. "$7\r\nrelease" .. LOCK


--- The command that claims `key` by `lock` for `ttl` (a string) milliseconds.
function _M.claim(key, lock, ttl)
  return { CLAIM[#key], key, TO_CLAIM, lock, CRLF .. bulk(ttl) }
end


--- The command that puts `record` in the place of the lock, for `ttl` (a string) milliseconds.
function _M.complete(key, lock, ttl, record)
  return {
    COMPLETE[#key], key, TO_COMPLETE, lock, CRLF .. bulk(ttl) .. "$" .. #record .. CRLF, record, CRLF,
  }
end


--- The command that removes the lock.
function _M.release(key, lock)
  return { RELEASE[#key], key, TO_RELEASE, lock, CRLF }
end


--- Makes a command one that any Redis understands, whether it knows the script or not.
function _M.by_text(command)
  local _, stop = find(command[1], BY_DIGEST, 1, true)
  command[1] = sub(command[1], 1, 4) .. BY_TEXT .. sub(command[1], stop + 1)
end


return _M
