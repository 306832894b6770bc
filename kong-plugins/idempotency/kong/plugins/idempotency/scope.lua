-- Whose key it is. Two callers never share a key.

local concat = table.concat
local type = type

local digest = require "kong.plugins.idempotency.digest"

local _M = {}


local function length_prefixed(value)
  return #value .. ":" .. value
end


-- an identity header that came more than once names nobody else's scope:
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


--- The caller's scope.
-- @tparam table order of "consumer" and "header"
-- @tparam string|nil consumer id of the authenticated consumer
-- @tparam string|table|nil identity what the identity header says
-- @tparam string anonymous "client_ip" or "reject"
-- @tparam function client_ip asked only if it is needed, for most callers have an identity
-- @treturn string|nil nil if an anonymous caller is refused
function _M.of(order, consumer, identity, anonymous, client_ip)
  for i = 1, #order do
    local scope

    if order[i] == "consumer" then
      scope = consumer and "consumer:" .. consumer
    else
      scope = header_scope(identity)
    end

    if scope then
      return scope
    end
  end

  if anonymous == "reject" then
    return nil
  end

  return "ip:" .. client_ip()
end


--- The Redis key: readable by service, silent about scope and key.
function _M.redis_key(service, scope, key)
  return "idem:" .. service .. ":" .. digest.sha256_hex(#scope .. ":" .. scope .. #key .. ":" .. key)
end


return _M
