-- A request's headers without what the service must not get. This file, gateway.cookies and gateway.identity are also what
-- the chart gives to Kong (charts/member-platform/files/cleaning, in a pre-function plugin): one code in both gateways.

local cookies = require "gateway.cookies"
local identity = require "gateway.identity"

local ngx = ngx
local concat, lower = table.concat, string.lower
local pairs, type = pairs, type

local _M = {}


-- Take away what the service of `route` must not see: identity headers that the edge did not set (`trusts_identity`), the
-- platform's cookies unless it asks for them (`cookies`), the token unless it has it (`bearer`). `names`: the set of the
-- cookies' names. Looks at every header, however many there are.
function _M.clean(route, names)
  local cookie
  for name, value in pairs(ngx.req.get_headers(0, true)) do
    if identity.is_forbidden(name, value, route.trusts_identity) then
      ngx.req.clear_header(name)

    elseif #name == 6 and lower(name) == "cookie" then
      if type(value) == "table" then
        value = concat(value, "; ")
      end

      -- another spelling of the name is another entry of the table
      cookie = cookie and cookie .. "; " .. value or value
    end
  end

  if not route.bearer then
    ngx.req.clear_header("Authorization")
  end

  if cookie and not route.cookies then
    local kept = cookies.without(cookie, names)
    if kept then
      ngx.req.set_header("Cookie", kept)
    else
      ngx.req.clear_header("Cookie")
    end
  end
end


return _M
