-- Whose key it is. Two callers never share a key.

local concat = table.concat
local gmatch = string.gmatch
local match = string.match
local type = type

local digest = require "kong.plugins.idempotency.digest"

local _M = {}


local function length_prefixed(value)
  return #value .. ":" .. value
end


local function trimmed(text)
  return match(text, "^%s*(.-)%s*$")
end


-- an identity header that came more than once names no other caller's scope:
-- its values are joined, so that they equal no single value
local function header_scope(value)
  if type(value) == "table" then
    local parts, empty = {}, true
    for i = 1, #value do
      local one = tostring(value[i])
      parts[i] = length_prefixed(one)
      empty = empty and one == ""
    end

    return not empty and "headers:" .. concat(parts) or nil
  end

  if type(value) == "string" and value ~= "" then
    return "header:" .. value
  end
end


--- The scope of a caller with an identity.
-- @tparam table order of "consumer" and "header"
-- @tparam string|nil consumer id of the authenticated consumer
-- @tparam string|table|nil identity what the identity header says
-- @treturn string|nil nil if the caller is anonymous
-- @treturn boolean|nil whether the identity header named it
function _M.from_identity(order, consumer, identity)
  for i = 1, #order do
    if order[i] == "consumer" then
      if consumer then
        return "consumer:" .. consumer
      end
    else
      local scope = header_scope(identity)
      if scope then
        return scope, true
      end
    end
  end
end


--- The cookies of a request that identify an anonymous visitor. A name that came repeatedly has all its values: servers
-- differ in which of them they read.
-- @tparam table names a set
-- @tparam string|table|nil header what the Cookie header says
-- @treturn table pairs of name and value in the order of the header
function _M.cookies(names, header)
  local found = {}
  if type(header) == "table" then
    header = concat(header, ";")
  end

  for name, value in gmatch(header or "", "([^=;]+)=([^;]*)") do
    name, value = trimmed(name), trimmed(value)
    if names[name] and value ~= "" then
      found[#found + 1] = { name, value }
    end
  end

  return found
end


--- The scope of a visitor with these cookies.
function _M.from_cookies(cookies)
  local parts = {}
  for i = 1, #cookies do
    parts[i] = length_prefixed(cookies[i][1]) .. length_prefixed(cookies[i][2])
  end

  return "cookies:" .. concat(parts)
end


--- The scope of everybody at an address.
function _M.from_address(address)
  return "ip:" .. address
end


local function has(cookies, name, value)
  for i = 1, #cookies do
    if cookies[i][1] == name and cookies[i][2] == value then
      return true
    end
  end

  return false
end


--- Whether a response sets a cookie that identifies visitors to a value that the request did not have.
-- @tparam table names a set
-- @tparam table cookies of the request
-- @tparam string|table|nil set_cookie what the response's Set-Cookie says
function _M.is_replaced(names, cookies, set_cookie)
  local lines = type(set_cookie) == "table" and set_cookie or { set_cookie }
  for i = 1, #lines do
    local name, value = match(lines[i], "^([^=;]+)=([^;]*)")
    name = name and trimmed(name)
    if names[name] and not has(cookies, name, trimmed(value)) then
      return true
    end
  end

  return false
end


--- The Redis key: readable by service, silent about scope and key.
function _M.redis_key(service, scope, key)
  return "idem:" .. service .. ":" .. digest.sha256_hex(#scope .. ":" .. scope .. #key .. ":" .. key)
end


return _M
