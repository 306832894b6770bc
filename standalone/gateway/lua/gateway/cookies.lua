-- The platform's cookies: their names, which part of the platform may see which, and headers without them.

local lower = string.lower

-- The one list of names, over TLS and, without the prefix, over plain HTTP on a developer's machine. Credentials are for
-- the edge, auth and web; the others are for the service that sets them. A joined service gets and sets none of them. `lang`
-- and `theme` are missing: without the prefix the names may be those of any service.
local CREDENTIALS = { "__Host-access", "__Host-refresh", "__Host-form", "access", "refresh", "form" }
local OTHERS = { "__Host-cart", "__Secure-checkout", "cart", "checkout", "__Host-lang", "__Host-theme" }

local _M = { credentials = {}, platform = {} }

for _, names in ipairs { CREDENTIALS, OTHERS } do
  for _, name in ipairs(names) do
    _M.credentials[name] = names == CREDENTIALS or nil
    _M.platform[name] = true
    _M.platform[lower(name)] = true
  end
end


-- `header` without the cookies whose name is in the set `names`; nil when none is left.
-- Cookies are separated by semicolons whatever stands in quotes (RFC 6265, section 5.4): a name hidden in a quoted
-- value is removed too.
function _M.without(header, names)
  local kept, count, removed = {}, 0, false

  for pair in header:gmatch("[^;]+") do
    local name = pair:match("^%s*([^=]-)%s*=") or pair:match("^%s*(.-)%s*$")
    if names[name] then
      removed = true

    elseif name ~= "" or pair:find("%S") then
      count = count + 1
      kept[count] = pair:match("^%s*(.-)%s*$")
    end
  end

  if not removed then
    return header
  end

  if count == 0 then
    return nil
  end

  return table.concat(kept, "; ")
end


-- Whether a Set-Cookie line sets a cookie of the platform. Browsers send a cookie without a name as its value alone, so
-- `=access=x` sets `access` as well; letter case is no way around.
function _M.sets_platform_cookie(line)
  local name = line:match("^[%s=]*([^=;]-)%s*[=;]") or line:match("^[%s=]*(.-)%s*$")
  return _M.platform[lower(name)] or false
end


return _M
