-- The stored answer as one string, and back.
--
--   "L" fingerprint owner                             a lock
--   "T" fingerprint                                   a tombstone: answered, too large to keep
--   "A" fingerprint "201 57 1234\n" headers body      an answer: status, lengths of headers and body
--
-- The script reads the same layout (script.lua); whatever does not fit it is no record.

local new_table = require "table.new"

local byte = string.byte
local concat = table.concat
local find = string.find
local match = string.match
local sub = string.sub
local tonumber = tonumber
local type = type

local FINGERPRINT_BYTES = 32
local ROOM = 8 -- headers that most answers have room for: a table that grows is dear

local _M = {
  OWNER_BYTES = 16,
}


--- The lock of an owner on a request.
function _M.lock(fingerprint, owner)
  return "L" .. fingerprint .. owner
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


--- Reads an answer back.
-- @tparam string value
-- @tparam function keeps says of a header name whether it may be replayed
-- @treturn table|nil `status`, `headers`, `body`; nil if `value` is no answer
function _M.parse(value, keeps)
  if type(value) ~= "string" or byte(value) ~= 65 then -- "A"
    return nil
  end

  local status, head, length, start =
    match(value, "^(%d%d%d) (%d+) (%d+)\n()", FINGERPRINT_BYTES + 2)
  if not status then
    return nil
  end

  status, head, length = tonumber(status), tonumber(head), tonumber(length)
  if status < 200 or status > 499 or start - 1 + head + length ~= #value then
    return nil
  end

  return { status = status, headers = headers_in(value, start, start + head, keeps), body = sub(value, start + head) }
end


return _M
