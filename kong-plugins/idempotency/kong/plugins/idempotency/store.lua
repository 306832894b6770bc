-- Claim, complete and release of a key in Redis.

local metrics = require "kong.plugins.idempotency.metrics"
local pipeline = require "kong.plugins.idempotency.pipeline"
local plain = require "kong.plugins.idempotency.plain"
local script = require "kong.plugins.idempotency.script"

local now = ngx.now
local null = ngx.null
local setmetatable = setmetatable
local type = type

-- by Redis configuration: when its server refused a plain command. It is not asked again for a while, not for ever:
-- a server may be replaced, and some tell of a passing trouble in the same words
local REFUSED = setmetatable({}, { __mode = "k" })
local ASK_AGAIN = 60 -- seconds

local _M = {}


-- nginx's cached clock is set when a reply wakes the worker, so both ends are
-- true to the millisecond without a look at the system's
local function run(conf, command, bytes)
  local started = now()
  local reply, err, doubtful = pipeline.run(conf.redis, command, bytes, started)
  metrics.redis(now() - started)
  return reply, err, doubtful
end


-- Runs a plain command, unless the server has refused it lately.
-- @treturn string|userdata|boolean|nil the reply; false if the script has to do it
local function run_plain(conf, kind, build, key, lock, ttl, record)
  local redis = conf.redis
  local refused = REFUSED[redis]
  local since = refused and refused[kind]
  if since and now() - since < ASK_AGAIN then
    return false
  end

  local reply, err, doubtful = run(conf, build(key, lock, ttl, record), record and #record or 0)
  if reply == false and plain.is_unknown(err) then
    if not refused then
      refused = {}
      REFUSED[redis] = refused
    end

    refused[kind] = now()
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


--- Claims `key` by `lock` for `ttl` (a string) milliseconds.
-- @treturn string|nil claimed, poisoned (claimed over a value that was no record),
--   in-flight, mismatch, replay, not-replayable; nil if Redis cannot tell
-- @treturn string|nil the record of a replay, or the error
-- @treturn boolean|nil after an error: true if the key may be locked all the same
function _M.claim(conf, key, lock, ttl)
  local reply, err, doubtful = run_plain(conf, "claim", plain.claim, key, lock, ttl)
  if reply == null then
    return "claimed"
  elseif reply == nil then
    return nil, err, doubtful
  end

  local outcome = reply and plain.judge(reply, lock)
  if outcome then
    return outcome, outcome == "replay" and reply or nil
  end

  local doubtful_too
  reply, err, doubtful_too = run(conf, script.claim(key, lock, ttl), 0)
  if type(reply) == "string" then
    return "replay", reply
  end

  -- what the script says of the key is the truth, whatever became of the plain command
  outcome, err = named(script.CLAIM, reply, err)
  return outcome, err, not outcome and (doubtful or doubtful_too) or nil
end


--- Puts `record` in the place of the lock, for `ttl` (a string) milliseconds.
-- @treturn string|nil stored, expired (stored too: the lock had ended, nobody else
--   had come), lost (somebody else's now, left alone); nil and the error
function _M.complete(conf, key, lock, ttl, record)
  local reply, err = run_plain(conf, "complete", plain.complete, key, lock, ttl, record)
  if reply == "OK" then
    return "stored"
  elseif reply == nil then
    return nil, err
  end

  reply, err = run(conf, script.complete(key, lock, ttl, record), #record)
  return named(script.COMPLETE, reply, err)
end


--- Removes the lock.
-- @treturn string|nil released, lost; nil and the error
function _M.release(conf, key, lock)
  local reply, err = run(conf, script.release(key, lock), 0)
  return named(script.RELEASE, reply, err)
end


return _M
