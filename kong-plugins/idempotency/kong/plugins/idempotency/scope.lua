-- Whose key it is. Two callers never share a key.

local concat = table.concat
local rawget = rawget
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
-- @tparam table caller `consumer`: id of the authenticated consumer or nil, `headers`,
--   `client_ip`: a function, for most callers have an identity
-- @tparam string|nil identity_header lower-case name, nil to read none
-- @tparam string anonymous "client_ip" or "reject"
-- @treturn string|nil nil if an anonymous caller is refused
function _M.of(order, caller, identity_header, anonymous)
  for i = 1, #order do
    local scope

    if order[i] == "consumer" then
      scope = caller.consumer and "consumer:" .. caller.consumer

    elseif identity_header then
      -- rawget: X_Auth_Subject is not X-Auth-Subject
      scope = header_scope(rawget(caller.headers, identity_header))
    end

    if scope then
      return scope
    end
  end

  if anonymous == "reject" then
    return nil
  end

  return "ip:" .. caller.client_ip()
end


--- The Redis key: readable by service, silent about scope and key.
function _M.redis_key(service, scope, key)
  local digested = digest.sha256(length_prefixed(scope) .. length_prefixed(key))
  return "idem:" .. service .. ":" .. digest.hex(digested)
end


return _M
