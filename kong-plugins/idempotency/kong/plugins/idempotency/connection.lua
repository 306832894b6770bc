-- Connections to the server that takes writes: the one that is configured, or the master that Sentinel names.

local connect = require "kong.plugins.idempotency.connect"
local sentinel = require "kong.plugins.idempotency.sentinel"

local find = string.find
local setmetatable = setmetatable

local _M = {}

-- by Redis configuration, as long as its credentials are the same: vaults rotate them inside the same table
local SERVERS = setmetatable({}, { __mode = "k" })


local function get_servers(conf)
  local servers = SERVERS[conf]
  if not servers or servers.username ~= conf.username or servers.password ~= conf.password then
    servers = {
      username = conf.username,
      password = conf.password,
      configured = connect.server(conf, conf.host, conf.port, conf),
      named = {},
    }
    SERVERS[conf] = servers
  end

  return servers
end


local function open_at(conf, address)
  local named = get_servers(conf).named
  local name = address.host .. ":" .. address.port
  local server = named[name]
  if not server then
    server = connect.server(conf, address.host, address.port, conf)
    named[name] = server
  end

  return connect.open(conf, server)
end


-- A worker that learned of a master trusts it while connections to it live. A fresh connection is a reason to ask again: a
-- master that died and came back takes writes until the sentinels make it a replica, and those writes are lost.
local function open_at_master(conf)
  local known, lately = sentinel.known(conf)
  local sock, fresh

  if known then
    sock, fresh = open_at(conf, known)
    if sock and (lately or not fresh) then
      return sock, fresh
    end
  end

  local master, err = sentinel.ask(conf)
  if not master then
    if sock then
      ngx.log(ngx.WARN, "[idempotency] ", err, "; the master is taken to be the same")
      return sock, fresh
    end

    return nil, err
  end

  if known and master.host == known.host and master.port == known.port then
    return sock, fresh
  end

  if sock then
    sock:close()
  end

  return open_at(conf, master)
end


--- Opens a connection, or takes one out of the pool.
-- @treturn table|nil the connection: a socket
-- @treturn string|boolean the error, or whether the connection is a fresh one
function _M.open(conf)
  if conf.sentinel_master then
    return open_at_master(conf)
  end

  return connect.open(conf, get_servers(conf).configured)
end


--- Leaves a connection that is in step to the next who opens one.
function _M.keep(conf, sock)
  return connect.keep(conf, sock)
end


--- Says that the server does not answer, or takes no writes: another one may be the master by now.
function _M.invalidate_master(conf)
  if conf.sentinel_master then
    sentinel.invalidate_master(conf)
  end
end


--- Whether a refusal says that the server is not the master: another one would not refuse.
function _M.is_not_master(conf, refusal)
  return conf.sentinel_master ~= nil and find(refusal, "READONLY", 1, true) == 1
end


return _M
