-- kong.service.request and kong.service.response: the request as the upstream gets it, the answer as the upstream gave it.

local headers_of = require "kong_host.pdk.headers"
local phases = require "kong_host.pdk.phases"

local check, only = phases.check, phases.only
local error, lower, pairs, sub, tonumber, type = error, string.lower, pairs, string.sub, tonumber, type

local BEFORE_PROXY = only("access", "rewrite", "balancer")
local ANSWERED = only("response", "header_filter", "body_filter", "log")

local _M = {}


local function folded(name)
  return (lower(name):gsub("-", "_"))
end


-- Look-up by any spelling: a name as it came, in lower case, or with underscores for dashes.
local function any_spelling(headers)
  return setmetatable({}, {
    __index = function(_, name)
      if type(name) ~= "string" then
        return nil
      end

      local value = headers[name]
      if value ~= nil then
        return value
      end

      local wanted = folded(name)
      for other, other_value in pairs(headers) do
        if folded(other) == wanted then
          return other_value
        end
      end

      return nil
    end,
  })
end


-- Of what is about to be sent, only what came from the upstream.
local function from_upstream(headers)
  local original = getmetatable(headers).__index

  return setmetatable(headers, {
    __index = function(all, name)
      if type(name) == "string" and not ngx.var["upstream_http_" .. folded(name)] then
        return nil
      end

      return original(all, name)
    end,
  })
end


local function get_headers(max_headers)
  check(ANSWERED)

  if max_headers ~= nil then
    if type(max_headers) ~= "number" then
      error("max_headers must be a number", 2)
    elseif max_headers < 1 or max_headers > 1000 then
      error("max_headers must be between 1 and 1000", 2)
    end
  end

  local buffered = ngx.ctx.buffered_headers
  if buffered then
    return any_spelling(buffered)
  end

  return from_upstream(ngx.resp.get_headers(max_headers))
end


local function get_header(name)
  check(ANSWERED)

  if type(name) ~= "string" then
    error("name must be a string", 2)
  end

  local value = get_headers()[name]
  return type(value) == "table" and value[1] or value
end


function _M.response()
  return {
    get_headers = get_headers,
    get_header = get_header,

    get_status = function()
      check(ANSWERED)
      return ngx.ctx.buffered_status or tonumber(sub(ngx.var.upstream_status or "", -3))
    end,

    get_raw_body = function()
      check(ANSWERED)
      local ctx = ngx.ctx
      if not ctx.buffered_proxying then
        error("service body is only available with buffered proxying " ..
              "(see: kong.service.request.enable_buffering function)", 2)
      end

      return ctx.buffered_body or ""
    end,
  }
end


function _M.request()
  return {
    enable_buffering = function()
      check(BEFORE_PROXY)
      ngx.ctx.buffered_proxying = true
    end,

    set_header = function(name, value)
      check(BEFORE_PROXY)
      headers_of.check_one(name, value)
      ngx.req.set_header(name, headers_of.normal(value))
    end,

    clear_header = function(name)
      check(BEFORE_PROXY)
      if type(name) ~= "string" then
        error("header must be a string", 2)
      end

      ngx.req.clear_header(name)
    end,
  }
end


return _M
