-- What goes to the service: cleaned headers, and to which of its addresses.

local balancer = require "ngx.balancer"
local cookies = require "gateway.cookies"
local identity = require "gateway.identity"

local ngx = ngx
local ipairs, pairs, type = ipairs, pairs, type

local _M = {}

local stripped_cookies = {}


-- `names`: the platform's cookies, which most services do not get.
function _M.init(names)
  for _, name in ipairs(names) do
    stripped_cookies[name] = true
  end
end


-- Take away what the service of `route` must not see.
function _M.clean_headers(route)
  local cookie
  for name, value in pairs(ngx.req.get_headers(0, true)) do
    if identity.is_forbidden(name, value, route.trusts_identity) then
      ngx.req.clear_header(name)

    elseif #name == 6 and name:lower() == "cookie" then
      cookie = value

    elseif #name == 12 and name:lower() == "x-request-id" and value ~= ngx.var.gateway_request_id then
      ngx.req.set_header("X-Request-ID", ngx.var.gateway_request_id)
    end
  end

  if not route.bearer then
    ngx.req.clear_header("Authorization")
  end

  if cookie and not route.cookies then
    if type(cookie) == "table" then
      cookie = table.concat(cookie, "; ")
    end

    local kept = cookies.without(cookie, stripped_cookies)
    if kept then
      ngx.req.set_header("Cookie", kept)
    else
      ngx.req.clear_header("Cookie")
    end
  end
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


-- In the balancer phase: connect to the address that was chosen.
function _M.connect(ctx)
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
