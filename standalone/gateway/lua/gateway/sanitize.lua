-- A request's headers without what the service must not get, and a joined service's response without what it must not
-- send. This file and the modules that it uses are also what the chart gives to Kong (charts/member-platform/files/sanitize,
-- in a pre-function plugin): one code in both gateways.

local cookies = require "gateway.cookies"
local identity = require "gateway.identity"

local ngx = ngx
local concat, find, lower = table.concat, string.find, string.lower
local ipairs, pairs, type = ipairs, pairs, type

local NONE = {}

-- Response headers that act on more than the response: a joined service would speak for the platform.
local REACHES_FURTHER = {
  -- logs out of every host below the same registered domain
  "Clear-Site-Data",
}

-- The same where the joined service shares the platform's host; on a host of its own they are its own affair.
local SPEAKS_FOR_THE_HOST = {
  "Alt-Svc",
  "NEL",
  "Proxy-Authenticate",
  "Report-To",
  "Service-Worker-Allowed",
  "Strict-Transport-Security",
  "WWW-Authenticate",
}

-- What a field value may not hold (RFC 9110, section 5.5): nginx passes it on, and a service refuses it in plain text.
local CONTROL_CHARACTERS = "[%z\1-\8\10-\31\127]"

local _M = {}


local function has_control_characters(value)
  if type(value) ~= "table" then
    return type(value) == "string" and find(value, CONTROL_CHARACTERS)
  end

  for _, one in ipairs(value) do
    if has_control_characters(one) then
      return true
    end
  end

  return false
end


local function sanitize_cookies(route, header)
  local kept = cookies.without(header, route.joined and cookies.platform or cookies.credentials)
  if kept then
    ngx.req.set_header("Cookie", kept)
  else
    ngx.req.clear_header("Cookie")
  end
end


-- What comes twice, in two spellings of letter case, is from no one who may set it.
local function drop_repeated(claims)
  for name, value in pairs(claims) do
    if not value then
      ngx.req.clear_header(name)
    end
  end
end


-- Take away what the service of `route` must not see: identity headers that the edge did not set (`trusts_identity`), the
-- platform's credentials unless it asks for them (`cookies`), all of the platform's cookies if it has `joined`, the token
-- unless it has it (`bearer`). Looks at every header, however many there are.
-- Returns the status with which the request is refused, or nil: 400 for a header that is not HTTP, 401 and 403 as
-- `requires_identity` and `roles` (a set) say.
function _M.request(route)
  local cookie
  local claims = NONE

  for name, value in pairs(ngx.req.get_headers(0, true)) do
    if has_control_characters(value) then
      return 400
    end

    local forbidden, claim = identity.is_forbidden(name, value, route.trusts_identity)
    if forbidden then
      ngx.req.clear_header(name)

    elseif claim then
      if claims == NONE then
        claims = {}
      end

      claims[claim] = claims[claim] == nil and value

    elseif #name == 6 and lower(name) == "cookie" then
      if type(value) == "table" then
        value = concat(value, "; ")
      end

      -- another spelling of the name is another entry of the table
      cookie = cookie and cookie .. "; " .. value or value
    end
  end

  drop_repeated(claims)

  if not route.bearer then
    ngx.req.clear_header("Authorization")
  end

  if cookie and not route.cookies then
    sanitize_cookies(route, cookie)
  end

  return identity.refusal(route, claims)
end


local function without_platform_cookies(lines)
  local kept = {}
  for _, line in ipairs(type(lines) == "table" and lines or { lines }) do
    if not cookies.sets_platform_cookie(line) then
      kept[#kept + 1] = line
    end
  end

  return #kept > 0 and kept or nil
end


-- Take from the response of a joined service what it must not send (`own_host`: it has a host of its own). Every response
-- says that its content type is meant.
function _M.response(route)
  local header = ngx.header
  header["X-Content-Type-Options"] = "nosniff"
  if not route or not route.joined then
    return
  end

  local lines = header["Set-Cookie"]
  if lines then
    header["Set-Cookie"] = without_platform_cookies(lines)
  end

  for _, name in ipairs(REACHES_FURTHER) do
    header[name] = nil
  end

  if not route.own_host then
    for _, name in ipairs(SPEAKS_FOR_THE_HOST) do
      header[name] = nil
    end
  end
end


return _M
