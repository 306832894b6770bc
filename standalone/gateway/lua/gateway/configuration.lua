-- Reads the idempotency plugin's configuration by the plugin's own schema: types, defaults, rules and references to the
-- environment. It knows what that schema uses of Kong's language for schemas, and raises for anything else.

local schema = require "kong.plugins.idempotency.schema"
local vault = require "gateway.vault"

local concat, error, floor, ipairs, next, pairs, pcall, type =
  table.concat, error, math.floor, ipairs, next, pairs, pcall, type

-- What the decoder makes of a JSON null.
local null = ngx and ngx.null

-- Attributes of a field that are no rules.
local DESCRIPTIVE = {
  type = true, required = true, default = true, description = true, fields = true, elements = true, entity_checks = true,
  referenceable = true, encrypted = true,
}

local _M = {}

local check


local function refuse(where, message)
  error({ where .. ": " .. message })
end


local function is_in(value, options)
  for _, option in ipairs(options) do
    if value == option then
      return true
    end
  end

  return false
end


-- Each returns whether the value keeps the rule, and what is wrong if it does not.
local RULES = {
  between = function(value, limits)
    return value >= limits[1] and value <= limits[2],
           ("value should be between %s and %s"):format(limits[1], limits[2])
  end,
  len_min = function(value, least) return #value >= least, ("length must be at least %d"):format(least) end,
  len_max = function(value, most) return #value <= most, ("length must be at most %d"):format(most) end,
  one_of = function(value, options) return is_in(value, options), "expected one of: " .. concat(options, ", ") end,
  match = function(value, pattern) return value:match(pattern) ~= nil, "invalid value: " .. value end,
  custom_validator = function(value, validate) return validate(value) end,
}


local function check_list(field, given, where)
  local count = 0
  for key in pairs(given) do
    count = type(key) == "number" and count + 1 or -math.huge
  end

  if count ~= #given then
    refuse(where, field.type == "set" and "expected a set" or "expected an array")
  end

  local made, seen = {}, {}
  for i, element in ipairs(given) do
    local item = check(field.elements, element, where .. "[" .. i .. "]")
    if field.type == "array" or not seen[item] then
      seen[item] = true
      made[#made + 1] = item
    end
  end

  return made
end


-- Rules over several fields.
local ENTITY_CHECKS = {
  mutually_required = function(record, names)
    local count = 0
    for _, name in ipairs(names) do
      count = count + (record[name] ~= nil and 1 or 0)
    end

    return count == 0 or count == #names, "all or none of these fields must be set: '" .. concat(names, "', '") .. "'"
  end,
  custom_entity_check = function(record, argument)
    return argument.fn(record)
  end,
}


local function check_record(record, given, where)
  local known, made = {}, {}
  for _, entry in ipairs(record.fields) do
    local name, field = next(entry)
    known[name] = true

    local value = given[name]
    if value == nil or value == null then
      value = field.default
    end

    if value == nil and field.required then
      if field.type ~= "record" then
        refuse(where .. "." .. name, "required field missing")
      end

      value = {}
    end

    if value ~= nil then
      made[name] = check(field, value, where .. "." .. name)
    end
  end

  for name in pairs(given) do
    if not known[name] then
      refuse(where .. "." .. tostring(name), "unknown field")
    end
  end

  for _, entry in ipairs(record.entity_checks or {}) do
    local name, argument = next(entry)
    local ok, err = ENTITY_CHECKS[name](made, argument)
    if not ok then
      refuse(where, err)
    end
  end

  return made
end


local CONTAINERS = { record = check_record, array = check_list, set = check_list }


local function is_a(kind, value)
  if CONTAINERS[kind] then
    return type(value) == "table"
  elseif kind == "integer" then
    return type(value) == "number" and value == floor(value) and value ~= math.huge and value ~= -math.huge
  end

  return type(value) == kind
end


-- The value of a field, in copies of its own.
check = function(field, given, where)
  local kind = field.type
  if field.referenceable and vault.is_reference(given) then
    local value, err = vault.get(given)
    if not value then
      refuse(where, err)
    end

    return value
  end

  if not is_a(kind, given) then
    refuse(where, "expected " .. ((kind == "integer" or kind == "array") and "an " or "a ") .. kind)
  end

  local value = CONTAINERS[kind] and CONTAINERS[kind](field, given, where) or given
  if kind == "string" and not field.len_min and value == "" then
    refuse(where, "length must be at least 1") -- Kong refuses empty strings unless the schema allows them
  end

  for name, argument in pairs(field) do
    if not DESCRIPTIVE[name] then
      local ok, err = RULES[name](value, argument)
      if not ok then
        refuse(where, err or "invalid value")
      end
    end
  end

  return value
end


local function config_field()
  for _, entry in ipairs(schema.fields) do
    if entry.config then
      return entry.config
    end
  end
end


-- The configuration as the plugin takes it, or nil and one sentence.
function _M.read(given)
  local ok, result = pcall(check, config_field(), given or {}, "config")
  if ok then
    return result
  elseif type(result) == "table" then
    return nil, result[1]
  end

  error(result, 0)
end


return _M
