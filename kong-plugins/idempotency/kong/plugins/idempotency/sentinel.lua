-- Which server is the master: Redis Sentinel knows.

local connect = require "kong.plugins.idempotency.connect"
local resp = require "kong.plugins.idempotency.resp"

local now = ngx.now
local setmetatable = setmetatable
local type = type

local LATELY = 1 -- seconds

local _M = {}

-- by Redis configuration: the last known master, when, and by which of the sentinels
local KNOWN = setmetatable({}, { __mode = "k" })


local function ask_one(conf, node)
  local sentinel = connect.server(conf, node.host, node.port, {
    username = conf.sentinel_username,
    password = conf.sentinel_password,
  })

  local sock, err = connect.open(conf, sentinel)
  if not sock then
    return nil, err
  end

  local address
  address, err = resp.call(sock, "SENTINEL", "get-master-addr-by-name", conf.sentinel_master)
  if type(address) ~= "table" or not address[2] then
    sock:close()
    return nil, err or "the master '" .. conf.sentinel_master .. "' is not known"
  end

  connect.keep(conf, sock)
  return { host = address[1], port = tonumber(address[2]) }
end


--- The last known master.
-- @treturn table|nil `host`, `port`
-- @treturn boolean|nil whether that was just now
function _M.known(conf)
  local known = KNOWN[conf]
  if known and known.master then
    return known.master, now() - known.at < LATELY
  end
end


--- Asks the sentinels in turn, beginning with the one that answered last.
-- @treturn table|nil `host`, `port`; nil and why none of them could tell
function _M.ask(conf)
  local nodes = conf.sentinel_nodes
  local first = KNOWN[conf] and KNOWN[conf].by or 1
  local err

  for i = 0, #nodes - 1 do
    local number = (first + i - 1) % #nodes + 1
    local master, problem = ask_one(conf, nodes[number])
    if master then
      KNOWN[conf] = { master = master, at = now(), by = number }
      return master
    end

    err = nodes[number].host .. ":" .. nodes[number].port .. ": " .. problem
  end

  return nil, "no sentinel knows the master; the last said: " .. err
end


--- Makes sure that the sentinels are asked next time: the server they named did not do.
function _M.invalidate_master(conf)
  local known = KNOWN[conf]
  if known then
    known.master = nil
  end
end


return _M
