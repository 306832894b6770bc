local sanitize = modules["gateway.sanitize"]
-- Kong takes these from the first header whose name fits, `X_Forwarded_For` before `X-Forwarded-For`, and before any plugin
-- runs: once more, from what sanitize.request has left.
local function forward()
  local var = ngx.var
  local from, trusted = var.http_x_forwarded_for, kong.ip.is_trusted(var.realip_remote_addr)
  var.upstream_x_forwarded_for = from and from .. ", " .. var.realip_remote_addr or var.remote_addr
  var.upstream_x_forwarded_proto = trusted and var.http_x_forwarded_proto or var.scheme
  var.upstream_x_forwarded_host = trusted and var.http_x_forwarded_host or var.host
  var.upstream_x_forwarded_port = kong.request.get_forwarded_port()
end

return function()
  local id = request_id()
  local refusal = sanitize.request(route)
  if refusal then
    return refuse(modules["gateway.problem"].code_of(refusal), id)
  end
  forward()
  kong.ctx.plugin.sanitize_response = function()
    sanitize.response(route)
  end
  -- set by clients themselves and by no proxy on the way
  ngx.req.clear_header("Forwarded")
  ngx.req.clear_header("X-Original-Forwarded-For")
end
