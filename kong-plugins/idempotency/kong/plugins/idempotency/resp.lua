-- Redis's wire protocol, as far as a script with short arguments needs it.

local byte = string.byte
local null = ngx.null
local sub = string.sub
local tonumber = tonumber

local STATUS = byte("+")
local ERROR = byte("-")
local INTEGER = byte(":")
local BULK = byte("$")

-- the replies that are most of all, without a string made for the number
local INTEGERS = {}
for i = 0, 9 do
  INTEGERS[":" .. i] = i
end

local _M = {}


--- One argument of a command.
function _M.bulk(value)
  return "$" .. #value .. "\r\n" .. value .. "\r\n"
end


--- Reads one reply, which must be no array.
-- @treturn number|string|userdata|boolean|nil false: Redis refused; nil: there is no reply, and
--   what comes next on the connection is anybody's guess
-- @treturn string|nil the error
function _M.read(sock)
  local line, err = sock:receive()
  if not line then
    return nil, err
  end

  local integer = INTEGERS[line]
  if integer then
    return integer
  end

  local kind = byte(line)
  if kind == BULK then
    local length = tonumber(sub(line, 2))
    if not length then
      return nil, "unexpected reply"
    end

    if length < 0 then
      return null
    end

    local data
    data, err = sock:receive(length + 2)
    if not data then
      return nil, err
    end

    return sub(data, 1, length)
  end

  if kind == INTEGER then
    return tonumber(sub(line, 2))
  elseif kind == STATUS then
    return sub(line, 2)
  elseif kind == ERROR then
    return false, sub(line, 2)
  end

  return nil, "unexpected reply"
end


return _M
