-- Redis's wire protocol (RESP 2): commands in pieces, which sockets put together, and replies.

local byte = string.byte
local null = ngx.null
local select = select
local sub = string.sub
local tonumber = tonumber

local STATUS = byte("+")
local ERROR = byte("-")
local INTEGER = byte(":")
local BULK = byte("$")
local ARRAY = byte("*")

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


local read


-- the rest of an array of `count` replies
local function read_array(sock, count)
  local array = {}
  for i = 1, count do
    local reply, err = read(sock)
    if reply == nil then
      return nil, err
    end

    array[i] = reply
  end

  return array
end


function read(sock)
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

    data = sub(data, 1, length)
    return data
  end

  if kind == INTEGER then
    return tonumber(sub(line, 2))
  elseif kind == STATUS then
    return sub(line, 2)
  elseif kind == ERROR then
    return false, sub(line, 2)
  elseif kind == ARRAY then
    local count = tonumber(sub(line, 2))
    if count then
      return count < 0 and null or read_array(sock, count)
    end
  end

  return nil, "unexpected reply"
end


--- Reads one reply.
-- @function read
-- @treturn number|string|userdata|table|boolean|nil false: Redis refused; nil: there is no reply, and
--   what comes next on the connection is anybody's guess
-- @treturn string|nil the error
_M.read = read


--- Sends a command, given in strings, and reads its reply.
-- @return as `read`
function _M.call(sock, ...)
  local count = select("#", ...)
  local command = { "*" .. count .. "\r\n", ... }
  for i = 2, count + 1 do
    command[i] = _M.bulk(command[i])
  end

  local sent, err = sock:send(command)
  if not sent then
    return nil, err
  end

  return read(sock)
end


return _M
