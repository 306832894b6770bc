-- Paths as Kong sees them: unreserved characters decoded (RFC 3986, section 6.2.2.2), dot segments and double
-- slashes resolved. What the router decides on is what the upstream gets.

local byte, char, find, format, gsub, sub, upper =
  string.byte, string.char, string.find, string.format, string.gsub, string.sub, string.upper

local RESERVED = "!*'();:@&=+$,/?%#[]"

-- What may stand in a forwarded path as it is (RFC 3986, section 3.3, and what Kong leaves alone).
local TO_ESCAPE = "[^%w%-%._~!#%$&'%(%)%*%+,/:;=%?@%[%]%%]"

local _M = {}


local function decode(triplet, hex)
  local character = char(tonumber(hex, 16))
  if find(RESERVED, character, 1, true) then
    return upper(triplet)
  end

  return character
end


local function resolve(path)
  local segments, count = {}, 0
  local last_is_folder = false

  for segment in path:gmatch("[^/]+") do
    last_is_folder = false
    if segment == "." then
      last_is_folder = true

    elseif segment == ".." then
      count = count > 0 and count - 1 or 0
      last_is_folder = true

    else
      count = count + 1
      segments[count] = segment
    end
  end

  if count == 0 then
    return "/"
  end

  local trailing = (last_is_folder or byte(path, -1) == 47) and "/" or ""
  return "/" .. table.concat(segments, "/", 1, count) .. trailing
end


-- The normal form of a raw path (no query).
function _M.normalize(path)
  if find(path, "%", 1, true) then
    path = gsub(path, "(%%(%x%x))", decode)
  end

  if find(path, "/.", 1, true) or find(path, "//", 1, true) then
    path = resolve(path)
  end

  return path
end


-- `path` as it may be sent in a request line: normalization decodes more than that.
function _M.escape(path)
  if not find(path, TO_ESCAPE) then
    return path
  end

  return (gsub(path, TO_ESCAPE, function(character)
    return format("%%%02X", byte(character))
  end))
end


-- The path and, when there is a question mark, the query (which may be empty) of a request target.
function _M.split(target)
  local at = find(target, "?", 1, true)
  if not at then
    return target, nil
  end

  return sub(target, 1, at - 1), sub(target, at + 1)
end


return _M
