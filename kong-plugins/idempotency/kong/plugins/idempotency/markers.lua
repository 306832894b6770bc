-- Response headers that describe the handling of a key.

local concat = table.concat
local find = string.find
local lower = string.lower
local type = type

local _M = {
  STATUS = "Idempotency-Status",
  STORED = "Idempotency-Stored",
  REPLAYED = "Idempotent-Replayed",
  EXPOSE = "Access-Control-Expose-Headers",
}

local EXPOSED = concat({ _M.STATUS, _M.STORED, _M.REPLAYED }, ", ")


--- The value of Access-Control-Expose-Headers that lets scripts read the markers
-- and all that `existing` (a string, several, or nil) already let them read.
function _M.expose(existing)
  if type(existing) == "table" then
    existing = concat(existing, ", ")
  end

  if existing == nil or existing == "" or existing == EXPOSED then
    return EXPOSED
  end

  if find(lower(existing), lower(_M.STATUS), 1, true) then
    return existing
  end

  return existing .. ", " .. EXPOSED
end


return _M
