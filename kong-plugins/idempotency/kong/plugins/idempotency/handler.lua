-- Replay-safe writes: a request that is repeated with its key gets the first answer.
--
-- access    claim the key, or answer in its owner's place
-- response  the service has answered in full: settle the claim, before the client has a byte
-- log       `response` did not run: another plugin answered, or the outcome is unknown; settle by a timer

local admission = require "kong.plugins.idempotency.admission"
local conditional = require "kong.plugins.idempotency.conditional"
local labels = require "kong.plugins.idempotency.labels"
local metrics = require "kong.plugins.idempotency.metrics"
local outcome = require "kong.plugins.idempotency.outcome"
local prepared_of = require("kong.plugins.idempotency.prepared").of
local resend = require "kong.plugins.idempotency.resend"
local settle = require "kong.plugins.idempotency.settle"
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
  local prepared = prepared_of(conf)
  if not admission.concerns(conf, prepared) then
    return
  end

  local ok, action, subject = pcall(admission.decide, conf, prepared)
  if not ok then
    action, subject = admission.failed(conf, prepared, action)
  end

  if action == "claim" then
    ngx.ctx[CLAIM] = subject
    resend.forbid()
    -- stands if Kong has to answer in the service's place
    outcome.mark("unknown", true)

  elseif action == "answer" then
    conditional.clear(subject.status)
    return kong.response.exit(subject.status, subject.body, subject.headers)

  elseif action == "bypass" then
    ngx.ctx[BYPASSED] = true
    resend.forbid()
    outcome.mark("bypassed", false)
  end
end


function IdempotencyHandler:response(conf)
  -- with or without a key: every answer of a buffered route comes from Lua
  conditional.clear(ngx.status)

  local claim = ngx.ctx[CLAIM]
  if kong.response.get_source() ~= "service" then
    return
  end

  outcome.remove_markers(conf)
  if not claim then
    if ngx.ctx[BYPASSED] then
      outcome.mark_bypassed(conf)
    end

    return
  end

  -- an error here would turn a write that succeeded into a 500
  local ok, mark, unsettled = pcall(outcome.settle, conf, prepared_of(conf), claim)
  if not ok then
    kong.log.err("the claim could not be settled: ", mark)
    mark = "unstored"
  end

  if mark == "unknown" then
    outcome.mark("unknown", true)
    return
  end

  claim.settled = ok and not unsettled
  claim.unsettled = unsettled

  if mark == claim.marked then
    return
  end

  local marked, err = pcall(outcome.mark, mark, mark == claim.success)
  if not marked then
    kong.log.err("the answer could not be marked: ", err)
  end
end


function IdempotencyHandler:log(conf)
  local claim = ngx.ctx[CLAIM]
  if not claim or claim.settled then
    return
  end

  local prepared = prepared_of(conf)
  if claim.unsettled then
    settle.later(conf, prepared, claim, claim.unsettled.record)
    return
  end

  local settlement, value = substitute.judge(conf, prepared, claim)
  if settlement then
    settle.later(conf, prepared, claim, value)
    return
  end

  metrics.count("unknown", claim.service)
  if conf.on_unknown == "release" then
    settle.later(conf, prepared, claim)
  else
    settle.declare_unknown(conf, claim)
  end
end


return IdempotencyHandler
