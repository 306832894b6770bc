-- Responses that another plugin of Kong gives in the service's place. `response` does not run for them, and in the log
-- phase the client has them already: a timer writes what follows from them.

local cjson = require "cjson.safe"
local metrics = require "kong.plugins.idempotency.metrics"
local record = require "kong.plugins.idempotency.record"

local kong = kong
local ngx = ngx
local pairs = pairs
local type = type

local NOT_PROCESSED = 503
local JSON = { ["Content-Type"] = "application/json; charset=utf-8" }

local _M = {}


-- The request was sent and no full response came back: then Kong itself responds, with the status that the service began
-- with, in the same way as a plugin does.
local function broke_off(ctx)
  local balancer_data = ctx.balancer_data
  return ctx.buffered_status == nil and balancer_data ~= nil and (balancer_data.try_count or 0) > 0
end


local function names_content_type(headers)
  for name in pairs(headers) do
    if name:lower() == "content-type" then
      return true
    end
  end

  return false
end


-- body and headers as kong.response.exit was given them; no body if it is not known (a stream)
local function get_content(given)
  if not given then
    return nil
  end

  local headers, body = given.headers or {}, given.content or ""
  if type(body) ~= "table" then
    return body, headers
  end

  return cjson.encode(body), names_content_type(headers) and headers or JSON
end


local function make_value(conf, compiled, claim, status, ctx)
  local body, headers = get_content(ctx.delayed_response)
  if body and #body <= conf.max_body_bytes then
    return record.answer(claim.fingerprint, status, headers, headers, compiled.keeps, body)
  end

  metrics.count("oversize", claim.service)
  return record.tombstone(claim.fingerprint)
end


--- What the response to the client says about the claim, in the log phase (ADR 0026).
-- @treturn string|nil "store", "release"; nil if the outcome is unknown
-- @treturn string|nil what to store
function _M.judge(conf, compiled, claim)
  local ctx, status = ngx.ctx, ngx.status
  if kong.response.get_source() ~= "exit" or broke_off(ctx) then
    return nil
  end

  if compiled.saves(status) then
    return "store", make_value(conf, compiled, claim, status, ctx)
  end

  -- a function that was called in the service's place may have acted before it failed
  if (status < 500 or status == NOT_PROCESSED) and ctx.buffered_status == nil then
    return "release"
  end
end


return _M
