-- Kong's side of adapter.lua.

local resend = require "kong.plugins.idempotency.resend"
local substitute = require "kong.plugins.idempotency.substitute"

local kong = kong
local ngx = ngx
local rawget = rawget

local _M = {
  forbid_resend = resend.forbid,
  judge_substitute = substitute.judge,
}


-- returned, so that Kong's log names the file and line of who calls
function _M.log_error(...)
  return kong.log.err(...)
end


function _M.log_warning(...)
  return kong.log.warn(...)
end


function _M.set_log_value(name, value)
  kong.log.set_serialize_value(name, value)
end


function _M.get_request_id()
  return ngx.var.kong_request_id or ngx.var.request_id
end


-- all anonymous clients share one consumer, which therefore identifies no client
function _M.get_consumer_id(headers)
  local consumer = kong.client.get_consumer()
  if not consumer then
    return nil
  end

  if not kong.client.get_credential() and rawget(headers, "x-anonymous-consumer") == "true" then
    return nil
  end

  return consumer.id
end


function _M.get_address()
  return kong.client.get_forwarded_ip()
end


function _M.get_service()
  return kong.router.get_service()
end


function _M.get_body(max_bytes)
  return kong.request.get_raw_body(max_bytes)
end


function _M.get_source()
  return kong.response.get_source()
end


function _M.get_service_status()
  return kong.service.response.get_status()
end


function _M.get_service_body()
  return kong.service.response.get_raw_body()
end


function _M.get_service_header(name)
  return kong.service.response.get_headers()[name]
end


-- Kong has a table of the service's headers, but its PDK hands out a view that cannot be walked through: then the names
-- are the answer's
function _M.get_service_headers()
  local headers = ngx.ctx.buffered_headers
  if headers then
    return headers, headers
  end

  return kong.service.response.get_headers(), ngx.resp.get_headers(0, true)
end


return _M
