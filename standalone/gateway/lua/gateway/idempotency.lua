-- The idempotency plugin in this gateway: the plugin's core by nginx alone, without Kong.

local adapter = require "kong.plugins.idempotency.adapter"
local configuration = require "gateway.configuration"
local core = require "kong.plugins.idempotency.core"
local metrics = require "kong.plugins.idempotency.metrics"
local respond = require "gateway.respond"

local ngx = ngx
local io, ipairs, lower, pairs, pcall, type = io, ipairs, string.lower, pairs, pcall, type

local NAME = "idempotency"

local _M = {}


local function read_file(path, max_bytes)
  local file, err = io.open(path, "rb")
  if not file then
    return nil, err
  end

  local body = file:read(max_bytes + 1) or ""
  file:close()
  if #body > max_bytes then
    return nil, "the request's body is too big"
  end

  return body
end


local function get_body(max_bytes)
  ngx.req.read_body()
  local body = ngx.req.get_body_data()
  if body then
    return body
  end

  local path = ngx.req.get_body_file()
  if not path then
    return ""
  end

  return read_file(path, max_bytes)
end


-- the values of a response header of the service, in whatever spelling it came
local function get_service_header(name)
  local found
  for given, value in pairs(ngx.ctx.buffered_headers) do
    if lower(given) == name then
      found = found or {}
      for _, one in ipairs(type(value) == "table" and value or { value }) do
        found[#found + 1] = one
      end
    end
  end

  return found
end


adapter.install {
  log_error = function(...)
    ngx.log(ngx.ERR, "[idempotency] ", ...)
  end,

  log_warning = function(...)
    ngx.log(ngx.WARN, "[idempotency] ", ...)
  end,

  set_log_value = function(name, value)
    local ctx = ngx.ctx
    local values = ctx.serialize_values
    if not values then
      values = {}
      ctx.serialize_values = values
    end

    values[name] = value
  end,

  get_request_id = function()
    return ngx.var.gateway_request_id
  end,

  -- there are no consumers here: the identity is the edge's header
  get_consumer_id = function()
    return nil
  end,

  get_address = function()
    return ngx.var.remote_addr
  end,

  get_service = function()
    return ngx.ctx.route.chain.service
  end,

  get_body = get_body,

  get_source = function()
    local ctx = ngx.ctx
    if ctx.unexpected then
      return "error"
    elseif ctx.exited then
      return "exit"
    end

    return ctx.proxied and "service" or "error"
  end,

  get_service_status = function()
    return ngx.ctx.buffered_status
  end,

  get_service_body = function()
    return ngx.ctx.buffered_body or ""
  end,

  get_service_header = get_service_header,

  get_service_headers = function()
    local headers = ngx.ctx.buffered_headers
    return headers, headers
  end,

  forbid_resend = function()
    ngx.ctx.balancer_data.is_sent_once = true
  end,

  -- nothing else responds in the service's place here
  judge_substitute = function()
    return nil
  end,
}


function _M.init()
end


-- Once a worker.
function _M.init_worker()
  metrics.init_worker()
end


-- What runs at `route`, which asks for the plugins `wanted`; nil and a sentence where that is not possible. `buffers`: the
-- service's response is read in full before the client gets it.
function _M.chain(wanted, route)
  local item = wanted[1]
  if not item then
    return { buffers = false }
  end

  for _, one in ipairs(wanted) do
    if one.name ~= NAME then
      return nil, ("The route '%s' asks for the plugin '%s', which this gateway does not have."):format(route.name, one.name)
    end
  end

  if wanted[2] then
    return nil, ("The route '%s' asks for a plugin twice."):format(route.name)
  end

  local config, err = configuration.read(item.config)
  if not config then
    return nil, ("The plugin '%s' of the route '%s' is not configured right: %s."):format(NAME, route.name, err)
  end

  local service = route.service
  return {
    buffers = true,
    config = config,
    service = {
      name = service.name,
      connect_timeout = service.connect_timeout_ms,
      write_timeout = service.send_timeout_ms,
      read_timeout = service.read_timeout_ms,
    },
  }
end


-- The access phase; false when it failed, which answers 500.
function _M.run_access(chain, ctx)
  if not chain.config then
    return true
  end

  local ok, answer = pcall(core.access, chain.config)
  if not ok then
    ngx.log(ngx.ERR, "[idempotency] ", answer)
    ctx.unexpected = true
    return false
  end

  if answer then
    return respond.exit(ctx, answer.status, answer.body, answer.headers)
  end

  return true
end


-- The phases "response" and "log".
function _M.run(chain, phase)
  if chain.config then
    core[phase](chain.config)
  end
end


-- Tell the counters of the services in `chains`, at the start and when the routes have changed.
function _M.configure(chains)
  for _, chain in ipairs(chains) do
    if chain.config then
      metrics.introduce(chain.config.service or chain.service.name)
    end
  end
end


-- What was counted, as Prometheus text.
function _M.metrics()
  return metrics.text()
end


return _M
