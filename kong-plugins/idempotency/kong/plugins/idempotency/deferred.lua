-- Commands to Redis that are left once the client has its response. The log phase has no
-- sockets, so a timer sends them.

local adapter = require "kong.plugins.idempotency.adapter"
local record = require "kong.plugins.idempotency.record"
local store = require "kong.plugins.idempotency.store"

local ceil = math.ceil
local format = string.format
local min = math.min
local ngx = ngx
local timer_at = ngx.timer.at

local TRIES = 6
local FIRST_DELAY = 0.1 -- seconds; doubled each time, up to
local LONGEST_DELAY = 2
local MAX_PENDING_BYTES = 16777216 -- of answers that wait for Redis, per worker
local MAX_DOUBTFUL = 1000 -- claims that wait to be given back, per worker

local _M = {}

local pending_bytes = 0
local doubtful = 0


local function done(task)
  pending_bytes = pending_bytes - task.bytes
  if task.doubtful then
    doubtful = doubtful - 1
  end
end


local function attempt(task)
  if task.ends_at then
    local seconds = task.ends_at - ngx.time()
    if seconds < 1 then
      return "expired"
    end

    return store.complete(task.conf, task, format("%d", seconds * 1000), task.record)
  elseif task.record then
    return store.complete(task.conf, task, task.ttl, task.record)
  end

  return store.release(task.conf, task)
end


local run

local function schedule(delay, task)
  local ok, err = timer_at(delay, run, task)
  if not ok then
    done(task)
    ngx.log(ngx.ERR, "[idempotency] no timer to finish a key: ", err)
  end

  return ok
end


run = function(premature, task)
  local ok, outcome, err = pcall(attempt, task)
  -- a claim that was not there to be released may still be on its way to Redis
  local is_finished = ok and outcome and not (task.doubtful and outcome == "lost")
  task.tries = task.tries + 1
  local last = premature or task.tries >= TRIES

  if is_finished or last then
    done(task)
  end

  if is_finished or (last and outcome == "lost") then
    return
  end

  if last then
    -- the lock ends by itself
    ngx.log(ngx.ERR, "[idempotency] a key could not be finished: ", ok and err or outcome)
    return
  end

  local delay = task.delay
  task.delay = min(delay * 2, LONGEST_DELAY)
  schedule(delay, task)
end


--- Completes (with `value`) or releases (without) a claim, soon and more than once if need be.
-- Everything is copied: the request is gone when the timer runs.
function _M.finish(conf, compiled, claim, value)
  local bytes = value and #value or 0
  if pending_bytes + bytes > MAX_PENDING_BYTES then
    adapter.log_error("too many answers wait for Redis; this one is given up")
    return
  end

  pending_bytes = pending_bytes + bytes
  schedule(0, {
    conf = conf,
    key = claim.key,
    lock = claim.lock,
    ttl = compiled.ttl,
    record = value,
    bytes = bytes,
    tries = 0,
    delay = FIRST_DELAY,
  })
end


--- Puts into the place of the lock that the outcome is unknown, until the lock would have ended.
function _M.mark_unknown(conf, claim)
  local ends_at = ceil(claim.ends_at)
  schedule(0, {
    conf = conf,
    key = claim.key,
    lock = claim.lock,
    record = record.unknown(claim.fingerprint, ends_at),
    ends_at = ends_at,
    bytes = 0,
    tries = 0,
    delay = FIRST_DELAY,
  })
end


--- Gives back a claim that may not exist: Redis did not answer.
function _M.give_back(conf, claim)
  if doubtful >= MAX_DOUBTFUL then
    return
  end

  doubtful = doubtful + 1
  schedule(0, {
    conf = conf,
    key = claim.key,
    lock = claim.lock,
    bytes = 0,
    tries = 0,
    delay = FIRST_DELAY,
    doubtful = true,
  })
end


return _M
