-- Which request headers carry an identity, and which copies of them may reach a service.

local find, gsub, lower, sub = string.find, string.gsub, string.lower, string.sub

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


-- Whether the request header `name` with `value` (a list when it came repeatedly) must not reach a service.
-- Servers that fold headers into variables (CGI, WSGI) read `X_Auth_Subject` as `X-Auth-Subject`: every spelling with an
-- underscore goes. `trusted` says whether the route's identity headers come from the edge.
function _M.is_forbidden(name, value, trusted)
  local spelling = lower(name)
  local folded = spelling
  if find(spelling, "_", 1, true) then
    folded = gsub(spelling, "_", "-")
  end

  if sub(folded, 1, 7) == "x-auth-" then
    return not (trusted and spelling == folded and SET_BY_EDGE[folded] and type(value) ~= "table")
  end

  return spelling ~= folded and SET_HERE[folded] or false
end


return _M
