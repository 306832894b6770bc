-- Connections to Redis: pooled, authenticated once, replaced when dead.

local redis = require "resty.redis"
local digest = require "kong.plugins.idempotency.digest"

local rawget = rawget
local setmetatable = setmetatable
local sub = string.sub

-- resty.redis learned time-outs for each step and TLS in one release, 0.28
-- (rawget: to the library any unknown name is a Redis command)
local MODERN = rawget(redis, "set_timeouts") ~= nil

local _M = {}

local POOLS = setmetatable({}, { __mode = "k" })


local function present(value)
  return value ~= nil and value ~= "" and value ~= ngx.null
end


-- Connections are shared by all that would authenticate alike, and by nobody else.
-- Credentials may be rotated inside the same table, so they are compared.
local function pool_of(conf)
  local pool = POOLS[conf]

  if not pool or pool.username ~= conf.username or pool.password ~= conf.password then
    local username = present(conf.username) and conf.username or ""
    local password = present(conf.password) and conf.password or ""

    pool = {
      username = conf.username,
      password = conf.password,
      options = {
        pool = conf.host .. ":" .. conf.port .. ":" .. conf.database .. ":" .. username .. ":" ..
               sub(digest.hex(digest.sha256(password)), 1, 12) .. ":" ..
               (conf.ssl and "tls:" .. tostring(conf.ssl_verify) .. ":" .. (conf.server_name or "") or ""),
        pool_size = conf.keepalive_pool_size,
        ssl = conf.ssl or nil,
        ssl_verify = conf.ssl and conf.ssl_verify or nil,
        server_name = conf.ssl and conf.server_name or nil,
      },
    }
    POOLS[conf] = pool
  end

  return pool
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
local function introduce(red, conf)
  if present(conf.password) then
    local ok, err
    if present(conf.username) then
      ok, err = red:auth(conf.username, conf.password)
    else
      ok, err = red:auth(conf.password)
    end

    if not ok then
      return nil, "AUTH: " .. (err or "?")
    end
  end

  if conf.database ~= 0 then
    local ok, err = red:select(conf.database)
    if not ok then
      return nil, "SELECT: " .. (err or "?")
    end
  end

  return true
end


--- Opens a connection, or takes one out of the pool.
-- @treturn table|nil the connection
-- @treturn string|boolean the error, or whether the connection is a fresh one
function _M.open(conf)
  if conf.ssl and not MODERN then
    return nil, "this version of resty.redis cannot do TLS"
  end

  local red, err = redis:new()
  if not red then
    return nil, err
  end

  set_timeouts(red, conf)

  local ok
  ok, err = red:connect(conf.host, conf.port, pool_of(conf).options)
  if not ok then
    red:close()
    return nil, "connect: " .. (err or "?")
  end

  if red:get_reused_times() ~= 0 then
    return red, false
  end

  ok, err = introduce(red, conf)
  if not ok then
    red:close()
    return nil, err
  end

  return red, true
end


--- Leaves a connection that is in step to the next who opens one.
function _M.keep(red, conf)
  return red:set_keepalive(conf.keepalive_idle_timeout, conf.keepalive_pool_size)
end


return _M
