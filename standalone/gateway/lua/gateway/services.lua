-- The services of a route file: where they listen, and how long the gateway waits.

local entities = require "gateway.entities"

local ipairs, pairs, tonumber, tostring, type = ipairs, pairs, tonumber, tostring, type

local KEYS = {
  upstreams = true, connect_timeout_ms = true, send_timeout_ms = true, read_timeout_ms = true,
}
local TIMEOUTS = { connect_timeout_ms = 2000, send_timeout_ms = 30000, read_timeout_ms = 30000 }

local _M = {}


local function is_ip(host)
  if host:find(":", 1, true) then
    return host:match("^[%x:%.]+$") ~= nil
  end

  local parts = { host:match("^(%d+)%.(%d+)%.(%d+)%.(%d+)$") }
  for _, part in ipairs(parts) do
    if tonumber(part) > 255 then
      return false
    end
  end

  return #parts == 4
end


local function address_of(text)
  if type(text) ~= "string" then
    return nil
  end

  local host, port = text:match("^%[([^%]]+)%]:(%d+)$")
  if not host then
    host, port = text:match("^([^:]+):(%d+)$")
  end

  port = tonumber(port)
  if not port or port < 1 or port > 65535 then
    return nil
  end

  if host == "localhost" then
    host = "127.0.0.1"
  end

  if not is_ip(host) then
    return nil
  end

  return { host = host, port = port, target = host:find(":", 1, true) and "[" .. host .. "]" or host }
end


-- The service that `given` describes, or nil and one sentence.
function _M.compile(name, given)
  local where = ("The service '%s'"):format(name)
  if type(given) ~= "table" then
    return nil, where .. " is not an object."
  end

  local unknown = entities.unknown_key(given, KEYS)
  if unknown then
    return nil, where .. (" has an unknown field '%s'."):format(unknown)
  end

  local service = { name = name, upstreams = {}, next = 0 }
  for i, text in ipairs(type(given.upstreams) == "table" and given.upstreams or {}) do
    local address = address_of(text)
    if not address then
      return nil, where .. (" has an upstream '%s' that is not <ip>:<port>."):format(tostring(text))
    end

    service.upstreams[i] = address
  end

  if #service.upstreams == 0 then
    return nil, where .. " has no upstreams."
  end

  for key, default in pairs(TIMEOUTS) do
    local value = given[key]
    if value == nil then
      value = default
    end

    if type(value) ~= "number" or value < 1 then
      return nil, where .. (" has a %s that is not a positive number."):format(key)
    end

    service[key] = value
  end

  return service
end


return _M
