-- kong.request, kong.client and kong.router: what is known of the request.

local phases = require "kong_host.pdk.phases"
local uri = require "gateway.uri"

local check, only, REQUEST = phases.check, phases.only, phases.REQUEST
local find, sub, type = string.find, string.sub, type

local BEFORE_CONTENT = only("rewrite", "access", "response", "error")
local AUTHENTICATED = only("access", "header_filter", "response", "body_filter", "log")

local FILE_CHUNK = 1048576

local _M = {}


local function raw_path()
  return (uri.split(ngx.var.request_uri or ""))
end


-- An error in nginx turns the method into GET on the way to the error page; the request line still has it.
local function get_method()
  check(REQUEST)

  if ngx.ctx.unexpected and ngx.req.http_version() and ngx.req.http_version() < 2 then
    local line = ngx.var.request or ""
    local space = find(line, " ", 1, true)
    if space then
      return sub(line, 1, space - 1)
    end
  end

  return ngx.req.get_method()
end


-- The first value only, underscores and dashes alike: as Kong does.
local function get_header(name)
  check(REQUEST)

  if type(name) ~= "string" then
    error("header name must be a string", 2)
  end

  local value = ngx.var["http_" .. name:gsub("-", "_")]
  if not value or not find(value, ", ", 1, true) then
    return value
  end

  local values = ngx.req.get_headers()[name]
  return type(values) == "table" and values[1] or values
end


local function get_headers(max_headers)
  check(REQUEST)

  if max_headers == nil then
    return ngx.req.get_headers()
  end

  if type(max_headers) ~= "number" then
    error("max_headers must be a number", 2)
  elseif max_headers < 1 then
    error("max_headers must be >= 1", 2)
  elseif max_headers > 1000 then
    error("max_headers must be <= 1000", 2)
  end

  return ngx.req.get_headers(max_headers)
end


local function read_file(path, max_size)
  local file, err = io.open(path, "r")
  if not file then
    return nil, "failed to open cached request body '" .. path .. "': " .. err
  end

  local size = file:seek("end") or 0
  if max_size > 0 and size > max_size then
    file:close()
    return nil, ("request body file too big: %d > %d"):format(size, max_size)
  end

  file:seek("set")
  local chunks = {}
  repeat
    local data, read_err = file:read(FILE_CHUNK)
    if read_err then
      file:close()
      return nil, "failed to read cached request body '" .. path .. "': " .. read_err
    end

    chunks[#chunks + 1] = data
  until not data

  file:close()
  return table.concat(chunks)
end


-- nil and a reason when the body went to a file and no `max_size` (0: any) allows to read it: never nil for empty.
local function get_raw_body(max_size)
  check(BEFORE_CONTENT)

  ngx.req.read_body()
  local body = ngx.req.get_body_data()
  if body then
    return body
  end

  local path = ngx.req.get_body_file()
  if not path then
    return ""
  end

  if not max_size or max_size < 0 then
    return nil, "request body did not fit into client body buffer, consider raising 'client_body_buffer_size'"
  end

  return read_file(path, max_size)
end


local function variable(name)
  return function()
    check(REQUEST)
    return ngx.var[name]
  end
end


function _M.request()
  return {
    get_scheme = variable("scheme"),
    get_host = variable("host"),
    get_method = get_method,
    get_header = get_header,
    get_headers = get_headers,
    get_raw_body = get_raw_body,

    get_path = function()
      check(REQUEST)
      return uri.normalize(raw_path())
    end,

    get_raw_path = function()
      check(REQUEST)
      return raw_path()
    end,

    get_path_with_query = function()
      check(REQUEST)
      return ngx.var.request_uri or ""
    end,

    get_raw_query = function()
      check(REQUEST)
      return ngx.var.args or ""
    end,

    get_http_version = function()
      check(REQUEST)
      return ngx.req.http_version()
    end,

    get_start_time = function()
      check(REQUEST)
      return ngx.req.start_time() * 1000
    end,
  }
end


function _M.client()
  return {
    get_ip = function()
      return ngx.var.realip_remote_addr or ngx.var.remote_addr
    end,

    get_forwarded_ip = function()
      return ngx.var.remote_addr
    end,

    -- there are no consumers here: the identity is the edge's header
    get_consumer = function()
      check(AUTHENTICATED)
      return nil
    end,

    get_credential = function()
      check(AUTHENTICATED)
      return nil
    end,
  }
end


function _M.router()
  return {
    get_route = function()
      check(AUTHENTICATED)
      local route = ngx.ctx.route
      return route and route.entity
    end,

    get_service = function()
      check(AUTHENTICATED)
      local route = ngx.ctx.route
      return route and route.service.entity
    end,
  }
end


return _M
