-- Claim, complete and release of a key in Redis.

local metrics = require "kong.plugins.idempotency.metrics"
local pipeline = require "kong.plugins.idempotency.pipeline"
local script = require "kong.plugins.idempotency.script"

local now = ngx.now
local type = type

local _M = {}


-- nginx's cached clock is set when a reply wakes the worker, so both ends are
-- true to the millisecond without a look at the system's
local function run(conf, command, bytes)
  local started = now()
  local reply, err, doubtful = pipeline.run(conf.redis, command, bytes)
  metrics.redis(now() - started)
  return reply, err, doubtful
end


local function named(outcomes, reply, err)
  local outcome = reply and outcomes[reply]
  if not outcome then
    return nil, err or "unexpected reply"
  end

  return outcome
end


--- Claims `key` by `lock` for `ttl` (a string) milliseconds.
-- @treturn string|nil claimed, poisoned (claimed over a value that was no record),
--   in-flight, mismatch, replay, not-replayable; nil if Redis cannot tell
-- @treturn string|nil the record of a replay, or the error
-- @treturn boolean|nil after an error: true if the key may be locked all the same
function _M.claim(conf, key, lock, ttl)
  local reply, err, doubtful = run(conf, script.claim(key, lock, ttl), 0)
  if type(reply) == "string" then
    return "replay", reply
  end

  local outcome
  outcome, err = named(script.CLAIM, reply, err)
  return outcome, err, doubtful
end


--- Puts `record` in the place of the lock, for `ttl` (a string) milliseconds.
-- @treturn string|nil stored, expired (stored too: the lock had ended, nobody else
--   had come), lost (somebody else's now, left alone); nil and the error
function _M.complete(conf, key, lock, ttl, record)
  local reply, err = run(conf, script.complete(key, lock, ttl, record), #record)
  return named(script.COMPLETE, reply, err)
end


--- Removes the lock.
-- @treturn string|nil released, lost; nil and the error
function _M.release(conf, key, lock)
  local reply, err = run(conf, script.release(key, lock), 0)
  return named(script.RELEASE, reply, err)
end


return _M
