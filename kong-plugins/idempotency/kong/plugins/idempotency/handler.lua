-- Replay-safe writes: a request that is repeated with its key gets the first answer.
--
-- access    claim the key, or answer in its owner's place
-- response  the service has answered in full: complete the claim, before the client has a byte
-- log       `response` did not run: another plugin answered, or the outcome is unknown; a timer finishes the claim

local access = require "kong.plugins.idempotency.access"
local compiled_config = require "kong.plugins.idempotency.compiled_config"
local conditional = require "kong.plugins.idempotency.conditional"
local deferred = require "kong.plugins.idempotency.deferred"
local labels = require "kong.plugins.idempotency.labels"
local metrics = require "kong.plugins.idempotency.metrics"
local resend = require "kong.plugins.idempotency.resend"
local response = require "kong.plugins.idempotency.response"
local substitute = require "kong.plugins.idempotency.substitute"

local kong = kong
local ngx = ngx
local pcall = pcall

-- where a request's claim is, from access to log. `kong.ctx.plugin` would make a table
-- for each request that has none
local CLAIM = {}
-- that it was let through without a claim
local BYPASSED = {}

local IdempotencyHandler = {
  PRIORITY = 890, -- after authentication and rate limiting, before transformers
  VERSION = "1.0.0",
}


function IdempotencyHandler:init_worker()
  metrics.init_worker()
  resend.init_worker()
end


-- Kong calls this with all configurations of the plugin, at the start and whenever they change
function IdempotencyHandler:configure(configs)
  labels.each(configs or {}, metrics.introduce)
end


function IdempotencyHandler:access(conf)
  local compiled = compiled_config.get(conf)
  if not access.concerns(conf, compiled) then
    return
  end

  local ok, action, subject = pcall(access.decide, conf, compiled)
  if not ok then
    action, subject = access.failed(conf, compiled, action)
  end

  if action == "claim" then
    ngx.ctx[CLAIM] = subject
    resend.forbid()
    -- stands if Kong has to answer in the service's place
    response.mark("unknown", true)

  elseif action == "answer" then
    conditional.clear(subject.status)
    return kong.response.exit(subject.status, subject.body, subject.headers)

  elseif action == "bypass" then
    ngx.ctx[BYPASSED] = true
    resend.forbid()
    response.mark("bypassed", false)
  end
end


function IdempotencyHandler:response(conf)
  -- with or without a key: every answer of a buffered route comes from Lua
  conditional.clear(ngx.status)

  local claim = ngx.ctx[CLAIM]
  if kong.response.get_source() ~= "service" then
    return
  end

  response.remove_markers(conf)
  if not claim then
    if ngx.ctx[BYPASSED] then
      response.mark_bypassed(conf)
    end

    return
  end

  -- an error here would turn a write that succeeded into a 500
  local ok, mark, unfinished = pcall(response.complete_claim, conf, compiled_config.get(conf), claim)
  if not ok then
    kong.log.err("the claim could not be completed: ", mark)
    mark = "unstored"
  end

  if mark == "unknown" then
    response.mark("unknown", true)
    return
  end

  claim.is_finished = ok and not unfinished
  claim.unfinished = unfinished

  if mark == claim.marked then
    return
  end

  local marked, err = pcall(response.mark, mark, mark == claim.success)
  if not marked then
    kong.log.err("the answer could not be marked: ", err)
  end
end


function IdempotencyHandler:log(conf)
  local claim = ngx.ctx[CLAIM]
  if not claim or claim.is_finished then
    return
  end

  local compiled = compiled_config.get(conf)
  if claim.unfinished then
    deferred.finish(conf, compiled, claim, claim.unfinished.record)
    return
  end

  local action, value = substitute.judge(conf, compiled, claim)
  if action then
    deferred.finish(conf, compiled, claim, value)
    return
  end

  metrics.count("unknown", claim.service)
  if conf.on_unknown == "release" then
    deferred.finish(conf, compiled, claim)
  else
    deferred.mark_unknown(conf, claim)
  end
end


return IdempotencyHandler
