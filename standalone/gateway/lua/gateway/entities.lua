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


return _M
