-- nginx's phases, in the order of Kong's.

local cjson = require "cjson.safe"
local sanitize = require "gateway.sanitize"
local forwarding = require "gateway.forwarding"
local metrics = require "gateway.metrics"
local plugins = require "gateway.plugins"
local problem = require "gateway.problem"
local reload = require "gateway.reload"
local respond = require "gateway.respond"
local uri = require "gateway.uri"
local vault = require "gateway.vault"

local ngx = ngx
local ipairs, sub, tostring = ipairs, string.sub, tostring

-- What a subrequest can be sent with; any other method arrives upstream as GET, as from Kong.
local METHODS = {
  GET = ngx.HTTP_GET,
  HEAD = ngx.HTTP_HEAD,
  PUT = ngx.HTTP_PUT,
  POST = ngx.HTTP_POST,
  DELETE = ngx.HTTP_DELETE,
  OPTIONS = ngx.HTTP_OPTIONS,
  MKCOL = ngx.HTTP_MKCOL,
  COPY = ngx.HTTP_COPY,
  MOVE = ngx.HTTP_MOVE,
  PROPFIND = ngx.HTTP_PROPFIND,
  PROPPATCH = ngx.HTTP_PROPPATCH,
  LOCK = ngx.HTTP_LOCK,
  UNLOCK = ngx.HTTP_UNLOCK,
  PATCH = ngx.HTTP_PATCH,
  TRACE = ngx.HTTP_TRACE,
}

local BUFFERED_LOCATION = "/gateway_buffered"

local _M = {}

-- Contexts of requests under way: nginx forgets ngx.ctx when it goes to the error page.
local contexts = {}
local context_count = 0


-- `options`: routes and joined (paths of files), plugins (the module that runs them), next_upstream (nginx's
-- `proxy_next_upstream`).
function _M.init(options)
  vault.capture()
  plugins.use(options.plugins)
  plugins.init(options)
  reload.init(options.routes, options.joined)
end


function _M.init_worker()
  plugins.init_worker()
  reload.init_worker()
end


local function keep_context(ctx)
  context_count = context_count + 1
  local key = tostring(context_count)
  contexts[key] = ctx
  ctx.key = key
  ngx.var.gateway_ctx = key
end


local function restore_context()
  local ctx = contexts[ngx.var.gateway_ctx]
  if ctx then
    ngx.ctx = ctx
  end

  return ctx or ngx.ctx
end


local function is_closed(closed, path)
  for _, name in ipairs(closed) do
    if path == name or sub(path, 1, #name + 1) == name .. "/" then
      return true
    end
  end

  return false
end


-- Respond with the gateway's own problem. `allow`: the methods that a path accepts.
local function answer_problem(ctx, status, allow)
  ctx.response_body = nil
  ctx.own_response = true
  local var = ngx.var
  local request = {
    id = var.gateway_request_id,
    accept = var.http_accept,
    accept_language = var.http_accept_language,
  }
  local code, body, headers = problem.of(problem.code_of(status), request)
  headers["Allow"] = allow
  return respond.exit(ctx, code, body, headers)
end


-- The upstream's answer is read in full, then the response phase runs, then the client gets it.
-- What did not arrive in full is an error of ours, and the phase is skipped.
local function buffered(ctx)
  ngx.req.read_body()

  local options = {
    always_forward_body = true,
    share_all_vars = true,
    method = METHODS[ngx.req.get_method()],
    ctx = ctx,
  }
  local answer = ngx.location.capture(BUFFERED_LOCATION, options)
  if answer.truncated and options.method ~= ngx.HTTP_HEAD then
    ctx.phase = "error"
    -- an answer that broke off may have begun as a success
    local status = answer.status or 0
    return answer_problem(ctx, status >= 500 and status or 502)
  end

  ctx.phase = "response"
  ctx.buffered_status = answer.status
  ctx.buffered_headers = answer.header
  ctx.buffered_body = answer.body

  ngx.status = answer.status
  respond.set_headers(answer.header)

  plugins.run(ctx.route.chain, "response", ctx)

  ngx.print(answer.body)
  return ngx.exit(answer.status)
end


function _M.access()
  local ctx = ngx.ctx
  local var = ngx.var
  ctx.phase = "access"
  keep_context(ctx)

  local routes = reload.current()
  local raw_path, query = uri.split(var.request_uri)
  local path = uri.normalize(raw_path)
  local route, allow
  if not is_closed(routes.closed, path) then
    route, allow = routes.router:match(ngx.req.get_method(), path, var.host)
  end

  if not route then
    return answer_problem(ctx, allow and 405 or 404, allow)
  end

  ctx.route = route
  ctx.balancer_data = { try_count = 0, is_sent_once = false }
  var.gateway_route = route.name
  local refusal = forwarding.sanitize_headers(route)
  if refusal then
    return answer_problem(ctx, refusal)
  end

  local chain = route.chain
  if chain.buffers then
    ctx.buffered_proxying = true
  end

  if not plugins.run_access(chain, ctx) then
    return answer_problem(ctx, 500)
  end

  local target = uri.escape(path)
  if query then
    target = target .. "?" .. query
  end

  var.gateway_uri = target
  ctx.upstream = forwarding.choose_upstream(route.service)
  ctx.proxied = true

  if ctx.buffered_proxying then
    if var.gateway_upgrade == "" then
      return buffered(ctx)
    end

    ngx.log(ngx.NOTICE, "response buffering was turned off: connection upgrade (", var.gateway_upgrade, ")")
    ctx.buffered_proxying = nil
  end
end


function _M.balancer()
  forwarding.connect(ngx.ctx)
end


function _M.header_filter()
  local ctx = ngx.ctx
  ctx.phase = "header_filter"

  local route = ctx.route
  if route and route.chain.header_filter then
    plugins.run(route.chain, "header_filter", ctx)
  end

  -- what this gateway says by itself is not the service's
  sanitize.response(not ctx.own_response and route)
  ngx.header["X-Request-ID"] = ngx.var.gateway_request_id
end


function _M.body_filter()
  local ctx = ngx.ctx
  if ctx.response_body then
    ngx.arg[1] = ctx.response_body
    ngx.arg[2] = true
    ctx.response_body = nil
  end

  local route = ctx.route
  if route and route.chain.body_filter then
    ctx.phase = "body_filter"
    plugins.run(route.chain, "body_filter", ctx)
  end
end


function _M.handle_error()
  local ctx = restore_context()
  ctx.phase = "error"
  ctx.unexpected = true
  return answer_problem(ctx, ngx.status)
end


function _M.log()
  local ctx = ngx.ctx
  ctx.phase = "log"

  local route = ctx.route
  if route then
    plugins.run(route.chain, "log", ctx)
  end

  if ctx.serialize_values then
    ngx.var.gateway_values = cjson.encode(ctx.serialize_values)
  end

  metrics.count(route and route.name or "", ngx.status, ngx.now() - ngx.req.start_time())
  if ctx.key then
    contexts[ctx.key] = nil
  end
end


-- The status port: readiness and metrics.
function _M.status()
  local path = ngx.var.uri
  if path == "/metrics" then
    ngx.header["Content-Type"] = "text/plain; version=0.0.4"
    ngx.print(metrics.text(), plugins.metrics())

  elseif path == "/ready" then
    ngx.header["Content-Type"] = "application/json"
    ngx.print('{"status":"ready","routes_version":' .. (ngx.shared.gateway_routes:get("version") or 0) .. "}\n")

  elseif path == "/joined" then
    ngx.header["Content-Type"] = "application/json"
    ngx.print(reload.joined_status(), "\n")

  else
    return ngx.exit(404)
  end
end


return _M
