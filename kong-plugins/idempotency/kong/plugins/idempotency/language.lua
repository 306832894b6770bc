-- The language of a refusal, by Accept-Language (RFC 9110, section 12.5.4).

local gmatch, lower, match = string.gmatch, string.lower, string.match
local concat = table.concat
local tonumber, type = tonumber, type

-- Browsers send fewer than ten languages; whatever follows costs time and decides nothing.
local MAX_LENGTH = 500

local _M = {}


local function weight(parameters)
  local q = match(parameters, ";%s*[qQ]%s*=%s*([^;%s]*)")
  return q and (tonumber(q) or 0) or 1
end


--- "en" or "ko": the one with the higher weight, then the order of the header, else English.
-- @tparam string|table|nil header the header's value, or its values
function _M.preferred(header)
  if type(header) == "table" then
    header = concat(header, ",")
  end

  local best, best_weight = "en", 0
  for item in gmatch(lower((header or ""):sub(1, MAX_LENGTH)), "[^,]+") do
    local tag, parameters = match(item, "^%s*(%a+)[%w-]*%s*(.*)$")
    if tag == "en" or tag == "ko" then
      local own = weight(parameters)
      if own > best_weight then
        best, best_weight = tag, own
      end
    end
  end

  return best
end


return _M
