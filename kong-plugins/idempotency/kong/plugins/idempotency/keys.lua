-- The idempotency key of a request: which header carries it, and whether it is one.

local byte = string.byte
local find = string.find
local gsub = string.gsub
local lower = string.lower
local match = string.match
local sub = string.sub
local type = type
local rawget = rawget

local MAX_LENGTH = 255
local DQUOTE = 34

-- the header of the IETF draft is a structured field (RFC 8941); any other is opaque
local STRUCTURED = "idempotency-key"

-- A token of RFC 9110 or RFC 8941 is accepted in place of a string. Lists and the other types of
-- structured fields (a byte sequence `:YWJj:`, a boolean `?1`, a date `@1`) are not.
local BARE_TOKEN = "^[%w!#$%%&'*+.^_`|~-][%w!#$%%&'*+.^_`|~:/-]*$"

local _M = {}


-- what may follow an sf-string: parameters (RFC 8941, 3.1.2), which mean nothing here
local function only_parameters(rest)
  while rest ~= "" do
    local tail = match(rest, "^ *; *[a-z*][a-z0-9_.*-]*(.*)$")
    if not tail then
      return find(rest, "^ *$") ~= nil
    end

    if byte(tail) == 61 then -- "="
      tail = match(tail, '^="[^"\\]*"(.*)$') or match(tail, "^=[%w?:*/+%.=_-]+(.*)$")
      if not tail then
        return false
      end
    end

    rest = tail
  end

  return true
end


--- The string that an sf-string stands for (RFC 8941, 3.3.3), or nil if `value` is none.
function _M.sf_string(value)
  local i = 2
  while true do
    local at = find(value, '["\\]', i)
    if not at then
      return nil
    end

    if byte(value, at) == DQUOTE then
      if not only_parameters(sub(value, at + 1)) then
        return nil
      end

      return (gsub(sub(value, 2, at - 1), "\\(.)", "%1"))
    end

    -- a backslash escapes a quote or a backslash, nothing else
    if not find(value, '^["\\]', at + 1) then
      return nil
    end

    i = at + 2
  end
end


-- the key that a single header value stands for, or nil if it is invalid
local function key_of(name, value)
  local key = value

  if name == STRUCTURED then
    if byte(value) == DQUOTE then
      key = _M.sf_string(value)

    elseif not find(value, BARE_TOKEN) then
      return nil
    end
  end

  if not key or #key > MAX_LENGTH or not find(key, "^[\32-\126]+$") then
    return nil
  end

  return key
end


--- Reads the key from `headers` (`ngx.req.get_headers(0)`: lower-case names).
-- @tparam table headers repeated headers are tables
-- @tparam table names lower-case names of the headers that may carry the key
-- @treturn string|nil the key; nil if there is none or it is invalid
-- @treturn string|nil the code of the problem
function _M.read(headers, names)
  local key, raw

  for i = 1, #names do
    local name = names[i]
    -- rawget: the table's metatable takes X_Idempotency_Key for X-Idempotency-Key
    local value = rawget(headers, name)

    if value ~= nil then
      if type(value) ~= "string" then
        return nil, "idempotency-key-invalid"
      end

      local this = key_of(name, value)
      if not this then
        return nil, "idempotency-key-invalid"
      end

      if not key then
        key, raw = this, value

      elseif this ~= key then
        if value ~= raw then
          return nil, "idempotency-key-invalid"
        end

        -- the same text in both headers: one key, as the structured header reads it
        if name == STRUCTURED then
          key = this
        end
      end
    end
  end

  return key
end


--- Lower-case names, as `read` takes them.
function _M.names(configured)
  local names = {}
  for i = 1, #configured do
    names[i] = lower(configured[i])
  end

  return names
end


return _M
