-- Which request headers carry an identity, which copies of them may reach a service, and what a route asks of them.

local find, gsub, gmatch, lower, sub = string.find, string.gsub, string.gmatch, string.lower, string.sub
local type = type

-- What the edge sets after it has asked auth.
local SET_BY_EDGE = {
  ["x-auth-subject"] = true,
  ["x-auth-session"] = true,
  ["x-auth-roles"] = true,
}

-- Headers about the client's address or the request itself: other spellings than the ones set here never pass.
local SET_HERE = {
  ["x-forwarded-for"] = true,
  ["x-forwarded-host"] = true,
  ["x-forwarded-port"] = true,
  ["x-forwarded-proto"] = true,
  ["x-real-ip"] = true,
  ["x-request-id"] = true,
  ["authorization"] = true,
  ["cookie"] = true,
}

local _M = {}


-- Whether the request header `name` with `value` (a list when it came repeatedly) must not reach a service; if it may and
-- carries an identity, also its name in lower case.
-- Servers that fold headers into variables (CGI, WSGI) read `X_Auth_Subject` as `X-Auth-Subject`: every spelling with an
-- underscore goes. `trusted` says whether the route's identity headers come from the edge.
function _M.is_forbidden(name, value, trusted)
  local spelling = lower(name)
  local folded = spelling
  if find(spelling, "_", 1, true) then
    folded = gsub(spelling, "_", "-")
  end

  if sub(folded, 1, 7) == "x-auth-" then
    local passes = trusted and spelling == folded and SET_BY_EDGE[folded] and type(value) ~= "table"
    return not passes, spelling
  end

  return spelling ~= folded and SET_HERE[folded] or false
end


local function holds_one_of(roles, held)
  for role in gmatch(held or "", "[^,%s]+") do
    if roles[role] then
      return true
    end
  end

  return false
end


-- The status with which `route` refuses a request that carries `claims` (the values of identity headers, by name in lower
-- case), or nil. The edge has asked auth already: this holds where a request comes past the edge's check, as it may while
-- the objects of a route change one by one.
function _M.refusal(route, claims)
  if not route.requires_identity then
    return nil
  end

  if not find(claims["x-auth-subject"] or "", "%S") then
    return 401
  end

  if route.roles and not holds_one_of(route.roles, claims["x-auth-roles"]) then
    return 403
  end

  return nil
end


return _M
