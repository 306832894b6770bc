-- The one script. Redis runs it atomically, so that every question about a key
-- and its answer are one step.

local digest = require "kong.plugins.idempotency.digest"

local _M = {}

-- KEYS[1]  idem:{service}:{sha256}
-- ARGV[1]  claim | complete | release
-- ARGV[2]  owner, 16 bytes
-- ARGV[3]  fingerprint, 32 bytes
-- ARGV[4]  time to live of the lock or of the answer, milliseconds
-- ARGV[5]  complete: the record
--
-- claim     {0} claimed, {1} claimed over a value that was no record, {2} in flight,
--           {3} mismatch, {4, record} replay, {5} answered but not kept
-- complete  {0} stored, {1} the lock was gone and nobody else had it: stored,
--           {2} the lock is somebody else's: nothing is changed
-- release   {0} released, {2} not the owner's: nothing is changed
--
-- Each is idempotent by owner: the same call twice (a connection broke before the
-- reply) answers the same.
_M.TEXT = [[
local key, op, owner, fingerprint = KEYS[1], ARGV[1], ARGV[2], ARGV[3]
local value = redis.pcall('GET', key)
local poisoned = false
local state

if type(value) == 'string' then
  state = string.sub(value, 1, 1)
  local sound = false
  if state == 'L' then
    sound = #value == 49
  elseif state == 'T' then
    sound = #value == 33
  elseif state == 'A' then
    local status, head, body, start = string.match(value, '^([234]%d%d) (%d+) (%d+)\n()', 34)
    sound = status and #head < 10 and #body < 10
      and start - 1 + tonumber(head) + tonumber(body) == #value
  end
  if not sound then
    poisoned, state = true, nil
  end
elseif value then
  if not string.find(value.err, 'WRONGTYPE', 1, true) then
    return value
  end
  poisoned = true
end

local mine = state == 'L' and string.sub(value, 34) == owner

if op == 'claim' then
  if not state then
    redis.call('SET', key, 'L' .. fingerprint .. owner, 'PX', ARGV[4])
    return {poisoned and 1 or 0}
  end
  if string.sub(value, 2, 33) ~= fingerprint then
    return {3}
  end
  if state == 'A' then
    return {4, value}
  end
  if state == 'T' then
    return {5}
  end
  return {mine and 0 or 2}
end

if op == 'complete' then
  if mine or not state then
    redis.call('SET', key, ARGV[5], 'PX', ARGV[4])
    return {mine and 0 or 1}
  end
  return {value == ARGV[5] and 0 or 2}
end

if op == 'release' then
  if mine then
    redis.call('DEL', key)
  end
  return {mine and 0 or 2}
end

return redis.error_reply('ERR unknown operation')
]]

_M.SHA1 = digest.hex(digest.sha1(_M.TEXT))

_M.CLAIM = { [0] = "claimed", "poisoned", "in-flight", "mismatch", "replay", "not-replayable" }
_M.COMPLETE = { [0] = "stored", "expired", "lost" }
_M.RELEASE = { [0] = "released", [2] = "lost" }


return _M
