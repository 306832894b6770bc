-- A connection to one server: pooled, authenticated once.

local redis = require "resty.redis"
local digest = require "kong.plugins.idempotency.digest"

local rawget = rawget
local sub = string.sub

-- resty.redis learned time-outs for each step and TLS in one release, 0.28
-- (rawget: to the library any unknown name is a Redis command)
local MODERN = rawget(redis, "set_timeouts") ~= nil

local _M = {}


local function present(value)
  return value ~= nil and value ~= "" and value ~= ngx.null
end


--- A server and who we are to it. Connections are shared by all that would authenticate alike, and by nobody else.
-- @tparam table conf the Redis configuration: TLS, time-outs, size of the pool
-- @tparam table credentials `username`, `password`, `database`, each may be missing
function _M.server(conf, host, port, credentials)
  local username = present(credentials.username) and credentials.username or nil
  local password = present(credentials.password) and credentials.password or nil
  local database = credentials.database or 0

  return {
    host = host,
    port = port,
    username = username,
    password = password,
    database = database,
    options = {
      pool = host .. ":" .. port .. ":" .. database .. ":" .. (username or "") .. ":" ..
             sub(digest.hex(digest.sha256(password or "")), 1, 12) .. ":" ..
             (conf.ssl and "tls:" .. tostring(conf.ssl_verify) .. ":" .. (conf.server_name or "") or ""),
      pool_size = conf.keepalive_pool_size,
      ssl = conf.ssl or nil,
      ssl_verify = conf.ssl and conf.ssl_verify or nil,
      server_name = conf.ssl and conf.server_name or nil,
    },
  }
end


local function set_timeouts(red, conf)
  local connect = conf.connect_timeout or conf.timeout
  local send = conf.send_timeout or conf.timeout
  local read = conf.read_timeout or conf.timeout

  if MODERN then
    red:set_timeouts(connect, send, read)
  else
    red:set_timeout(read)
  end
end


-- what a fresh connection needs before its first command
local function introduce(red, server)
  if server.password then
    local ok, err
    if server.username then
      ok, err = red:auth(server.username, server.password)
    else
      ok, err = red:auth(server.password)
    end

    if not ok then
      return nil, "AUTH: " .. (err or "?")
    end
  end

  if server.database ~= 0 then
    local ok, err = red:select(server.database)
    if not ok then
      return nil, "SELECT: " .. (err or "?")
    end
  end

  return true
end


--- Opens a connection, or takes one out of the pool.
-- @treturn table|nil the connection
-- @treturn string|boolean the error, or whether the connection is a fresh one
function _M.open(conf, server)
  if conf.ssl and not MODERN then
    return nil, "this version of resty.redis cannot do TLS"
  end

  local red, err = redis:new()
  if not red then
    return nil, err
  end

  set_timeouts(red, conf)

  local ok
  ok, err = red:connect(server.host, server.port, server.options)
  if not ok then
    red:close()
    return nil, "connect: " .. (err or "?")
  end

  if red:get_reused_times() ~= 0 then
    return red, false
  end

  ok, err = introduce(red, server)
  if not ok then
    red:close()
    return nil, err
  end

  return red, true
end


--- Leaves a connection that is in step to the next who opens one.
function _M.keep(conf, red)
  return red:set_keepalive(conf.keepalive_idle_timeout, conf.keepalive_pool_size)
end


return _M
