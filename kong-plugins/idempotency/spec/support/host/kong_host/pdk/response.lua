-- kong.response: the answer to the client.

local cjson = require "cjson.safe"
local headers_of = require "kong_host.pdk.headers"
local phases = require "kong_host.pdk.phases"
local response_status = require "gateway.status"
local add_header = require("ngx.resp").add_header

local check, only = phases.check, phases.only
local error, pairs, type = error, pairs, type

local ANSWERING = only("response", "header_filter", "body_filter", "log", "error")
local BEFORE_SENT = only("rewrite", "access", "response", "balancer", "header_filter", "error")

local _M = {}


local function refuse_when_sent()
  if ngx.headers_sent then
    error("headers have already been sent", 3)
  end
end


local function set(name, value)
  if headers_of.is_transfer_encoding(name) then
    ngx.log(ngx.WARN, "manually setting Transfer-Encoding. Ignored.")
    return
  end

  ngx.header[name] = headers_of.normal(value)
end


local function has_header(headers, wanted)
  for name in pairs(headers or {}) do
    if headers_of.is(name, wanted) then
      return true
    end
  end

  return false
end


local function send(status, body, headers)
  refuse_when_sent()

  response_status.set(status)
  for name, value in pairs(headers or {}) do
    set(name, value)
  end

  if type(body) == "table" then
    local encoded, err = cjson.encode(body)
    if err then
      error("body encoding failed while flushing response: " .. err, 3)
    end

    body = encoded
    if not has_header(headers, "content-type") then
      ngx.header["Content-Type"] = "application/json; charset=utf-8"
    end
  end

  if not has_header(headers, "content-length") then
    ngx.header["Content-Length"] = body and #body or 0
  end

  local ctx = ngx.ctx
  if ctx.phase == "header_filter" then
    ctx.response_body = body
    return ngx.exit(ngx.OK)
  end

  if body then
    ngx.print(body)
  end

  return ngx.exit(status)
end


-- The calling plugin does not run on, nor does the proxy.
-- The request body is not read here: a plugin that answers early reads it first, or it is taken for the next request.
local function exit(status, body, headers)
  check(BEFORE_SENT)
  refuse_when_sent()

  if type(status) ~= "number" then
    error("code must be a number", 2)
  elseif status < 100 or status > 599 then
    error("code must be a number between 100 and 599", 2)
  end

  local kind = type(body)
  if body ~= nil and kind ~= "string" and kind ~= "table" then
    error("body must be a nil, string or table", 2)
  end

  if headers ~= nil then
    headers_of.check_all(headers)
  end

  local ctx = ngx.ctx
  ctx.exited = true
  if ctx.phase == "access" then
    ctx.buffered_proxying = nil
    ctx.delayed_response = { status_code = status, content = body, headers = headers }
  end

  return send(status, body, headers)
end


local function get_headers(max_headers)
  check(ANSWERING)

  if max_headers == nil then
    return ngx.resp.get_headers()
  end

  if type(max_headers) ~= "number" then
    error("max_headers must be a number", 2)
  elseif max_headers < 1 or max_headers > 1000 then
    error("max_headers must be between 1 and 1000", 2)
  end

  return ngx.resp.get_headers(max_headers)
end


local function get_header(name)
  check(ANSWERING)

  if type(name) ~= "string" then
    error("header name must be a string", 2)
  end

  local value = ngx.resp.get_headers()[name]
  return type(value) == "table" and value[1] or value
end


-- exit: a plugin answered; service: the upstream did, in full; error: no one did.
local function get_source(ctx)
  if ctx == nil then
    check(ANSWERING)
    ctx = ngx.ctx
  end

  if ctx.unexpected then
    return "error"
  elseif ctx.exited then
    return "exit"
  elseif ctx.proxied then
    return "service"
  end

  return "error"
end


function _M.new()
  return {
    exit = exit,
    get_header = get_header,
    get_headers = get_headers,
    get_source = get_source,

    get_status = function()
      check(ANSWERING)
      return ngx.status
    end,

    set_status = function(status)
      check(BEFORE_SENT)
      refuse_when_sent()
      if type(status) ~= "number" then
        error("code must be a number", 2)
      elseif status < 100 or status > 599 then
        error("code must be a number between 100 and 599", 2)
      end

      response_status.set(status)
    end,

    set_header = function(name, value)
      check(BEFORE_SENT)
      refuse_when_sent()
      headers_of.check_one(name, value)
      set(name, value)
    end,

    set_headers = function(headers)
      check(BEFORE_SENT)
      refuse_when_sent()
      headers_of.check_all(headers)
      for name, value in pairs(headers) do
        set(name, value)
      end
    end,

    add_header = function(name, value)
      check(BEFORE_SENT)
      refuse_when_sent()
      headers_of.check_one(name, value)
      add_header(name, headers_of.normal(value))
    end,

    clear_header = function(name)
      check(BEFORE_SENT)
      refuse_when_sent()
      if type(name) ~= "string" then
        error("header name must be a string", 2)
      end

      ngx.header[name] = nil
    end,
  }
end


return _M
