-- What goes to the service: sanitized headers, and to which of its addresses.

local balancer = require "ngx.balancer"
local sanitize = require "gateway.sanitize"

local ngx = ngx

local _M = {}

-- Take away what the service of `route` must not see, and a request id that was refused. Returns the status with which
-- the request is refused, or nil.
function _M.sanitize_headers(route)
  local refusal = sanitize.request(route)

  local given = ngx.var.http_x_request_id
  if given and given ~= ngx.var.gateway_request_id then
    ngx.req.set_header("X-Request-ID", ngx.var.gateway_request_id)
  end

  return refusal
end


-- An address of `service`: each in turn.
function _M.choose_upstream(service)
  local upstreams = service.upstreams
  if #upstreams == 1 then
    return upstreams[1]
  end

  service.next = service.next % #upstreams + 1
  return upstreams[service.next]
end


-- Whether nginx may connect: the first time, and again when it takes a request to another connection (`proxy_next_upstream`)
-- unless a plugin has turned that off for the request.
local function may_connect(ctx)
  local balancer_data = ctx.balancer_data
  balancer_data.try_count = balancer_data.try_count + 1
  return balancer_data.try_count == 1 or not balancer_data.is_sent_once
end


-- In the balancer phase: connect to the address that was chosen.
function _M.connect(ctx)
  if not may_connect(ctx) then
    return ngx.exit(502)
  end

  local upstream, service = ctx.upstream, ctx.route.service
  local ok, err = balancer.set_current_peer(upstream.target, upstream.port)
  if not ok then
    ngx.log(ngx.ERR, "the address ", upstream.host, ":", upstream.port, " cannot be used: ", err)
    return ngx.exit(500)
  end

  ok, err = balancer.set_timeouts(service.connect_timeout_ms / 1000, service.send_timeout_ms / 1000,
                                  service.read_timeout_ms / 1000)
  if not ok then
    ngx.log(ngx.ERR, "the time-outs cannot be set: ", err)
  end
end


return _M
