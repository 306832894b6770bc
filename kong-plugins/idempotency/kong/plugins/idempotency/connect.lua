-- A connection to one server: pooled, initialized once.

local digest = require "kong.plugins.idempotency.digest"
local resp = require "kong.plugins.idempotency.resp"

local sub = string.sub
local tcp = ngx.socket.tcp

local _M = {}


local function present(value)
  return value ~= nil and value ~= "" and value ~= ngx.null
end


--- A server and the credentials for it. Connections are shared by all that authenticate alike, and by no other.
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
    connect_timeout = conf.connect_timeout or conf.timeout,
    send_timeout = conf.send_timeout or conf.timeout,
    read_timeout = conf.read_timeout or conf.timeout,
    options = {
      pool = host .. ":" .. port .. ":" .. database .. ":" .. (username or "") .. ":" ..
             sub(digest.sha256_hex(password or ""), 1, 12) .. ":" ..
             (conf.ssl and "tls:" .. tostring(conf.ssl_verify) .. ":" .. (conf.server_name or "") or ""),
      pool_size = conf.keepalive_pool_size,
    },
  }
end


-- what a fresh connection needs before its first command
local function initialize(conf, sock, server)
  if conf.ssl then
    local ok, err = sock:sslhandshake(false, conf.server_name, conf.ssl_verify)
    if not ok then
      return nil, "TLS: " .. (err or "?")
    end
  end

  if server.password then
    local ok, err
    if server.username then
      ok, err = resp.call(sock, "AUTH", server.username, server.password)
    else
      ok, err = resp.call(sock, "AUTH", server.password)
    end

    if not ok then
      return nil, "AUTH: " .. (err or "?")
    end
  end

  if server.database ~= 0 then
    local ok, err = resp.call(sock, "SELECT", tostring(server.database))
    if not ok then
      return nil, "SELECT: " .. (err or "?")
    end
  end

  return true
end


--- Opens a connection, or takes one out of the pool.
-- @treturn table|nil the connection: a socket
-- @treturn string|boolean the error, or whether the connection is a fresh one
function _M.open(conf, server)
  local sock, err = tcp()
  if not sock then
    return nil, err
  end

  sock:settimeouts(server.connect_timeout, server.send_timeout, server.read_timeout)

  local ok
  ok, err = sock:connect(server.host, server.port, server.options)
  if not ok then
    return nil, "connect: " .. (err or "?")
  end

  if sock:getreusedtimes() ~= 0 then
    return sock, false
  end

  ok, err = initialize(conf, sock, server)
  if not ok then
    sock:close()
    return nil, err
  end

  return sock, true
end


--- Leaves a connection that is in step to the next who opens one.
function _M.keep(conf, sock)
  return sock:setkeepalive(conf.keepalive_idle_timeout, conf.keepalive_pool_size)
end


return _M
