-- The phases of a request, in any gateway that has an adapter (adapter.lua).
--
-- access    claim the key, or answer in its owner's place
-- response  the service has answered in full: complete the claim, before the client has a byte
-- log       `response` did not run: another plugin answered, or the outcome is unknown; a timer finishes the claim

local access = require "kong.plugins.idempotency.access"
local adapter = require "kong.plugins.idempotency.adapter"
local compiled_config = require "kong.plugins.idempotency.compiled_config"
local conditional = require "kong.plugins.idempotency.conditional"
local deferred = require "kong.plugins.idempotency.deferred"
local metrics = require "kong.plugins.idempotency.metrics"
local response = require "kong.plugins.idempotency.response"

local ngx = ngx
local pcall = pcall

-- where a request's claim is, from access to log
local CLAIM = {}
-- that it was let through without a claim
local BYPASSED = {}

local _M = {}


--- Decides about a request.
-- @treturn table|nil the response to give in the service's place: `status`, `body`, `headers`
function _M.access(conf)
  local compiled = compiled_config.get(conf)
  if not access.concerns(conf, compiled) then
    return nil
  end

  local ok, action, subject = pcall(access.decide, conf, compiled)
  if not ok then
    action, subject = access.failed(conf, compiled, action)
  end

  if action == "claim" then
    ngx.ctx[CLAIM] = subject
    adapter.forbid_resend()
    -- stands if the gateway has to answer in the service's place
    response.mark("unknown", true)

  elseif action == "answer" then
    conditional.clear(subject.status)
    return subject

  elseif action == "bypass" then
    ngx.ctx[BYPASSED] = true
    adapter.forbid_resend()
    response.mark("bypassed", false)
  end
end


--- Completes the claim by the service's response, and marks the response.
function _M.response(conf)
  -- with or without a key: every answer of a buffered route comes from Lua
  conditional.clear(ngx.status)

  local claim = ngx.ctx[CLAIM]
  if adapter.get_source() ~= "service" then
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
    adapter.log_error("the claim could not be completed: ", mark)
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
    adapter.log_error("the answer could not be marked: ", err)
  end
end


--- Has a timer finish what the response phase has not.
function _M.log(conf)
  local claim = ngx.ctx[CLAIM]
  if not claim or claim.is_finished then
    return
  end

  local compiled = compiled_config.get(conf)
  if claim.unfinished then
    deferred.finish(conf, compiled, claim, claim.unfinished.record)
    return
  end

  local action, value = adapter.judge_substitute(conf, compiled, claim)
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


return _M
