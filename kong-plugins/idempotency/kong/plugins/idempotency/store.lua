-- Claim, complete and release of a key in Redis.

local metrics = require "kong.plugins.idempotency.metrics"
local pipeline = require "kong.plugins.idempotency.pipeline"
local script = require "kong.plugins.idempotency.script"
local set_commands = require "kong.plugins.idempotency.set_commands"

local now = ngx.now
local null = ngx.null
local setmetatable = setmetatable
local type = type

-- by Redis configuration: when its server refused a SET command. It is asked again after a while:
-- a server may be replaced, and some tell of a passing trouble in the same words
local REFUSED = setmetatable({}, { __mode = "k" })
local ASK_AGAIN = 60 -- seconds

local _M = {}


-- the local: as in digest.lua
local function clock()
  local seconds = now()
  return seconds
end


-- nginx's cached clock is set when a reply wakes the worker, so both ends are
-- true to the millisecond without a look at the system's
local function run(conf, command, bytes, meanwhile, claim)
  local started = clock()
  local reply, err, doubtful = pipeline.run(conf.redis, command, bytes, started, meanwhile, claim)
  metrics.redis(clock() - started)
  return reply, err, doubtful
end


-- Runs a SET command of that kind (a function of set_commands.lua), unless the server has refused it lately.
-- @treturn string|userdata|boolean|nil the reply; false if the script has to do it
local function run_set(conf, kind, claim, ttl, value, meanwhile)
  local redis = conf.redis
  local refused = REFUSED[redis]
  local since = refused and refused[kind]
  if since and clock() - since < ASK_AGAIN then
    return false
  end

  local command = set_commands[kind](claim.key, claim.lock, ttl, value)
  local reply, err, doubtful = run(conf, command, value and #value or 0, meanwhile, claim)
  if reply == false and set_commands.is_unknown(err) then
    if not refused then
      refused = {}
      REFUSED[redis] = refused
    end

    refused[kind] = clock()
  end

  return reply, err, doubtful
end


local function named(outcomes, reply, err)
  local outcome = reply and outcomes[reply]
  if not outcome then
    return nil, err or "unexpected reply"
  end

  return outcome
end


--- Claims a key by a lock.
-- @tparam table claim `key`, `lock`
-- @tparam string ttl milliseconds
-- @treturn string|nil claimed, poisoned (claimed over a value that was no record),
--   in-flight, unknown, mismatch, replay, not-replayable; nil if Redis cannot tell
-- @treturn table|number|string|nil the answer to replay, opened (record.lua); when the lock of unknown outcome ends;
--   or the error
-- @treturn boolean|nil after an error: true if the key may be locked all the same
function _M.claim(conf, claim, ttl)
  local key, lock = claim.key, claim.lock
  local reply, err, doubtful = run_set(conf, "claim", claim, ttl)
  if reply == null then
    return "claimed"
  elseif reply == nil then
    return nil, err, doubtful
  end

  local outcome, answer
  if reply then
    outcome, answer = set_commands.judge(reply, lock)
    if outcome then
      return outcome, answer
    end
  end

  local doubtful_too
  reply, err, doubtful_too = run(conf, script.claim(key, lock, ttl), 0)
  if type(reply) == "string" then
    outcome, answer = set_commands.judge(reply, lock)
    return outcome, answer or "the script let a damaged record through"
  end

  -- what the script says of the key is the truth, whatever became of the SET command
  outcome, err = named(script.CLAIM, reply, err)
  return outcome, err, not outcome and (doubtful or doubtful_too) or nil
end


--- Puts `value` in the place of the lock.
-- @tparam table claim `key`, `lock`
-- @tparam string ttl milliseconds
-- @tparam string value
-- @tparam function|nil meanwhile called with the claim while Redis is at work
-- @treturn string|nil stored, expired (stored too: the lock had ended, no other owner
--   had come), lost (another owner's now, left alone); nil and the error
function _M.complete(conf, claim, ttl, value, meanwhile)
  local reply, err = run_set(conf, "complete", claim, ttl, value, meanwhile)
  if reply == "OK" then
    return "stored"
  elseif reply == nil then
    return nil, err
  end

  reply, err = run(conf, script.complete(claim.key, claim.lock, ttl, value), #value, meanwhile, claim)
  return named(script.COMPLETE, reply, err)
end


--- Removes the lock.
-- @tparam table claim `key`, `lock`
-- @treturn string|nil released, lost; nil and the error
function _M.release(conf, claim)
  local reply, err = run(conf, script.release(claim.key, claim.lock), 0)
  return named(script.RELEASE, reply, err)
end


return _M
