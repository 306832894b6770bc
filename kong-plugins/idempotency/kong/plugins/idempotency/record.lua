-- The stored answer as one string, and back.
--
--   "L" fingerprint owner                             a lock
--   "L" fingerprint "unknown:" "692c3a80"             a lock whose owner is gone, and when it ends (Unix time, hexadecimal)
--   "T" fingerprint                                   a tombstone: answered, too large to keep
--   "A" fingerprint "201 57 1234\n" headers body      an answer: status, lengths of headers and body
--
-- The script reads the same layout (script.lua); whatever does not fit it is no record.

local new_table = require "table.new"

local byte = string.byte
local concat = table.concat
local find = string.find
local format = string.format
local sub = string.sub
local tonumber = tonumber
local type = type

local AFTER_FINGERPRINT = 34
local LONGEST_NUMBER = 9 -- digits
local NEWLINE, SPACE, ZERO, NINE = byte("\n"), byte(" "), byte("0"), byte("9")
local ROOM = 8 -- headers that most answers have room for: a table that grows is dear

local UNKNOWN = "unknown:"
local AFTER_UNKNOWN = AFTER_FINGERPRINT + #UNKNOWN

local _M = {
  OWNER_BYTES = 16,
}


--- The lock of an owner on a request.
function _M.lock(fingerprint, owner)
  return "L" .. fingerprint .. owner
end


--- What takes the place of a lock when its request ended with an unknown outcome. Older versions of the plugin read it
-- as a lock. Owners are random, so none is taken for it.
-- @tparam number ends_at Unix time, whole seconds
function _M.unknown(fingerprint, ends_at)
  return _M.lock(fingerprint, UNKNOWN .. format("%08x", ends_at))
end


--- When a lock of unknown outcome ends; nil for any other lock.
function _M.ends_at(lock)
  if sub(lock, AFTER_FINGERPRINT, AFTER_UNKNOWN - 1) ~= UNKNOWN then
    return nil
  end

  return tonumber(sub(lock, AFTER_UNKNOWN), 16)
end


--- Serialises an answer.
-- @tparam string fingerprint
-- @tparam number status
-- @tparam table headers name to string or table of strings
-- @tparam table names the names of the headers to keep are among its keys
-- @tparam function keeps says of a name whether it is one
-- @tparam string body
function _M.answer(fingerprint, status, headers, names, keeps, body)
  local lines = new_table(ROOM, 0)
  local n = 0

  for name in pairs(names) do
    local value = keeps(name) and headers[name] or nil
    if type(value) == "table" then
      for i = 1, #value do
        n = n + 1
        lines[n] = name .. ":" .. value[i] .. "\n"
      end
    elseif value ~= nil then
      n = n + 1
      lines[n] = name .. ":" .. value .. "\n"
    end
  end

  local block = concat(lines)
  return "A" .. fingerprint .. status .. " " .. #block .. " " .. #body .. "\n" .. block .. body
end


--- Serialises the tombstone of an answer that was too large to keep.
function _M.tombstone(fingerprint)
  return "T" .. fingerprint
end


-- the headers from `from` up to `limit`; searches without patterns are what LuaJIT compiles
local function headers_in(value, from, limit, keeps)
  local headers = new_table(0, ROOM)

  while from < limit do
    local stop = find(value, "\n", from, true)
    if not stop or stop >= limit then
      break
    end

    local colon = find(value, ":", from, true)
    if colon and colon > from and colon < stop then
      local name, text = sub(value, from, colon - 1), sub(value, colon + 1, stop - 1)

      -- a value that something else wrote may hold any bytes
      if keeps(name) and not find(text, "\r", 1, true) and not find(text, "\0", 1, true) then
        local before = headers[name]
        if before == nil then
          headers[name] = text
        elseif type(before) == "table" then
          before[#before + 1] = text
        else
          headers[name] = { before, text }
        end
      end
    end

    from = stop + 1
  end

  return headers
end


-- the number at `at`, of digits up to the byte `stop`, and where it goes on behind that; nil if there is none
local function number_before(value, at, stop)
  local number = 0
  for i = at, at + LONGEST_NUMBER do
    local digit = byte(value, i)
    if digit == stop and i > at then
      return number, i + 1
    end

    if not digit or digit < ZERO or digit > NINE then
      return nil
    end

    number = number * 10 + digit - ZERO
  end
end


--- Reads an answer back: its status, its body, and where its headers are.
-- @tparam string value
-- @treturn table|nil `status`, `body`, and what `headers` needs; nil if `value` is no answer
function _M.open(value)
  if byte(value) ~= 65 then -- "A"
    return nil
  end

  local status, at = number_before(value, AFTER_FINGERPRINT, SPACE)
  if not status or status < 200 or status > 499 or at ~= AFTER_FINGERPRINT + 4 then
    return nil
  end

  local head, length
  head, at = number_before(value, at, SPACE)
  if head then
    length, at = number_before(value, at, NEWLINE)
  end

  if not length or at - 1 + head + length ~= #value then
    return nil
  end

  return { status = status, headers = false, body = sub(value, at + head), value = value, from = at, limit = at + head }
end


--- The headers of an answer that was opened.
-- @tparam function keeps says of a header name whether it may be replayed
-- @treturn table name to string or table of strings
function _M.headers(answer, keeps)
  return headers_in(answer.value, answer.from, answer.limit, keeps)
end


return _M
