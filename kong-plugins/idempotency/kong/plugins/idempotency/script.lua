-- The one script. Redis runs it atomically, so that every question about a key
-- and its answer are one step.

local digest = require "kong.plugins.idempotency.digest"
local resp = require "kong.plugins.idempotency.resp"

local bulk = resp.bulk
local sub = string.sub

local _M = {}

-- KEYS[1]  idem:{service}:{sha256}
-- ARGV[1]  claim | complete | release
-- ARGV[2]  the lock: "L", fingerprint (32 bytes), owner (16 bytes)
-- ARGV[3]  claim, complete: time to live of the lock or of the record, milliseconds
-- ARGV[4]  complete: the record
--
-- claim     0 claimed, 1 claimed over a value that was no record, 2 in flight,
--           3 mismatch, 4 answered but not kept; a string is the record to replay
-- complete  0 stored, 1 the lock was gone and nobody else had it: stored,
--           2 the lock is somebody else's: nothing is changed
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
  elseif state == 'A' then
    return value
  end
  return state == 'T' and 4 or 2
end

if op == 'complete' then
  if state == 'mine' or not state then
    redis.call('SET', key, ARGV[4], 'PX', ARGV[3])
    return state and 0 or 1
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

_M.SHA1 = digest.hex(digest.sha1(_M.TEXT))

_M.CLAIM = { [0] = "claimed", "poisoned", "in-flight", "mismatch", "not-replayable" }
_M.COMPLETE = { [0] = "stored", "expired", "lost" }
_M.RELEASE = { [0] = "released", [2] = "lost" }

-- Commands are written as they travel, so that nothing is left to be put together but the
-- arguments: "*", the number of parts, then each part with its length.
local BY_DIGEST = "\r\n" .. bulk("EVALSHA") .. bulk(_M.SHA1)
local BY_TEXT = "\r\n" .. bulk("EVAL") .. bulk(_M.TEXT)
local CLAIM = "*7" .. BY_DIGEST .. bulk("1") .. "$"
local COMPLETE = "*8" .. BY_DIGEST .. bulk("1") .. "$"
local RELEASE = "*6" .. BY_DIGEST .. bulk("1") .. "$"


--- The command that claims `key` by `lock` for `ttl` (a string) milliseconds.
function _M.claim(key, lock, ttl)
  return CLAIM .. #key .. "\r\n" .. key .. "\r\n$5\r\nclaim\r\n$" .. #lock .. "\r\n" .. lock ..
         "\r\n$" .. #ttl .. "\r\n" .. ttl .. "\r\n"
end


--- The command that puts `record` in the place of the lock, for `ttl` (a string) milliseconds.
function _M.complete(key, lock, ttl, record)
  return COMPLETE .. #key .. "\r\n" .. key .. "\r\n$8\r\ncomplete\r\n$" .. #lock .. "\r\n" .. lock ..
         "\r\n$" .. #ttl .. "\r\n" .. ttl .. "\r\n$" .. #record .. "\r\n" .. record .. "\r\n"
end


--- The command that removes the lock.
function _M.release(key, lock)
  return RELEASE .. #key .. "\r\n" .. key .. "\r\n$7\r\nrelease\r\n$" .. #lock .. "\r\n" .. lock .. "\r\n"
end


--- The same command for a Redis that does not know the script yet.
function _M.by_text(command)
  return sub(command, 1, 2) .. BY_TEXT .. sub(command, 3 + #BY_DIGEST)
end


return _M
