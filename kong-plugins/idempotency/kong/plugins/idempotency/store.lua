-- Claim, complete and release of a key in Redis.

local connection = require "kong.plugins.idempotency.connection"
local metrics = require "kong.plugins.idempotency.metrics"
local script = require "kong.plugins.idempotency.script"

local type = type

local now = ngx.now
local update_time = ngx.update_time

local _M = {}


local function run(conf, outcomes, ...)
  update_time()
  local started = now()
  local reply, err = connection.run(conf.redis, script, ...)
  update_time()
  metrics.redis(now() - started)

  if not reply then
    return nil, err
  end

  local outcome = type(reply) == "table" and outcomes[reply[1]]
  if not outcome then
    return nil, "unexpected reply"
  end

  return outcome, reply[2]
end


--- Claims `key` for `owner`.
-- @treturn string|nil claimed, poisoned (claimed over a value that was no record),
--   in-flight, mismatch, replay, not-replayable; nil if Redis cannot tell
-- @treturn string|nil the record of a replay, or the error
function _M.claim(conf, key, owner, fingerprint, lock_ttl)
  return run(conf, script.CLAIM, key, "claim", owner, fingerprint, lock_ttl)
end


--- Puts `record` in the place of the owner's lock.
-- @treturn string|nil stored, expired (stored too: the lock had ended, nobody else
--   had come), lost (somebody else's now, left alone); nil and the error
function _M.complete(conf, key, owner, fingerprint, ttl, record)
  return run(conf, script.COMPLETE, key, "complete", owner, fingerprint, ttl, record)
end


--- Removes the owner's lock.
-- @treturn string|nil released, lost; nil and the error
function _M.release(conf, key, owner, fingerprint)
  return run(conf, script.RELEASE, key, "release", owner, fingerprint, 0)
end


return _M
