-- What the parts of a route file have in common.

local pairs, tostring = pairs, tostring

local _M = {}


-- The first field of `given` that is not in the set `known`.
function _M.unknown_key(given, known)
  for key in pairs(given) do
    if not known[key] then
      return tostring(key)
    end
  end

  return nil
end


-- Kong's entities have UUIDs: made of the name, so that they stay the same over reloads.
function _M.id(kind, name)
  local hex = ngx.md5(kind .. ":" .. name)
  return ("%s-%s-%s-%s-%s"):format(hex:sub(1, 8), hex:sub(9, 12), hex:sub(13, 16), hex:sub(17, 20), hex:sub(21, 32))
end


return _M
