-- Checks on headers that a plugin hands over, with Kong's rules: strings, numbers, booleans, or lists of strings; an
-- empty value becomes a space, because nginx drops headers without one.

local error, format, ipairs, lower, pairs, tostring, type =
  error, string.format, ipairs, string.lower, pairs, tostring, type

local _M = {}


local function check(name, value, level)
  if type(name) ~= "string" then
    error(format("invalid header name %q: got %s, expected string", tostring(name), type(name)), level)
  end

  local kind = type(value)
  if kind == "table" then
    for _, item in ipairs(value) do
      if type(item) ~= "string" then
        error(format("invalid header value in array %q: got %s, expected string", name, type(item)), level)
      end
    end

  elseif kind ~= "string" and kind ~= "number" and kind ~= "boolean" then
    error(format("invalid header value for %q: got %s, expected string, number, boolean or array of strings",
                 name, kind), level)
  end
end


function _M.check_one(name, value)
  check(name, value, 4)
end


function _M.check_all(headers)
  if type(headers) ~= "table" then
    error("headers must be a table", 3)
  end

  for name, value in pairs(headers) do
    check(name, value, 4)
  end
end


function _M.normal(value)
  local kind = type(value)
  if kind == "string" then
    return value == "" and " " or value
  end

  if kind == "table" then
    local list = {}
    for i, item in ipairs(value) do
      list[i] = item == "" and " " or item
    end

    return list
  end

  return tostring(value)
end


-- Whether `name` is the header `wanted` (in lower case, with dashes) in any spelling.
function _M.is(name, wanted)
  return #name == #wanted and lower(name):gsub("_", "-") == wanted
end


-- The framing is nginx's: a plugin's Transfer-Encoding is ignored, with a warning.
function _M.is_transfer_encoding(name)
  return _M.is(name, "transfer-encoding")
end


return _M
