-- Validates a plugin's configuration against its Kong schema: types, defaults, rules, entity checks, vault references.
-- Only what a plugin's `config` record can hold; a schema that asks for more is refused, never half checked.

local checks = require "kong_host.schema_checks"
local rules = require "kong_host.schema_rules"
local vault = require "gateway.vault"

local floor, ipairs, next, pairs, tostring, type = math.floor, ipairs, next, pairs, tostring, type

-- What the decoder makes of a JSON null.
local null = ngx and ngx.null

-- Attributes of a field that say nothing about its value here.
local DESCRIPTIVE = {
  type = true, required = true, default = true, description = true, fields = true, elements = true, keys = true,
  values = true, entity_checks = true, referenceable = true, encrypted = true, err = true, deprecation = true,
  len_min = true, unique = true,
}

local SCALAR = {
  string = function(value) return type(value) == "string" or nil, "expected a string" end,
  number = function(value) return type(value) == "number" or nil, "expected a number" end,
  boolean = function(value) return type(value) == "boolean" or nil, "expected a boolean" end,
  integer = function(value)
    return type(value) == "number" and value == floor(value) and value ~= math.huge and value ~= -math.huge or nil,
           "expected an integer"
  end,
}

local _M = {}

local check_value


local function copy(value)
  if type(value) ~= "table" then
    return value
  end

  local made = {}
  for k, v in pairs(value) do
    made[k] = copy(v)
  end

  return made
end


local function at(path, message)
  return ("%s: %s"):format(path, message)
end


local function is_list(value)
  if type(value) ~= "table" then
    return false
  end

  local count = 0
  for k in pairs(value) do
    count = count + 1
    if type(k) ~= "number" then
      return false
    end
  end

  return count == #value
end


local function is_missing(value)
  return value == nil or value == null
end


-- The value for a field that was left out: its default, nothing, or, for a required record, the defaults inside.
local function fill(field)
  if field.default ~= nil then
    return copy(field.default)
  end

  if field.type == "record" and field.required then
    return {}
  end

  return nil
end


local function check_list(field, value, path, references)
  if not is_list(value) then
    return nil, at(path, field.type == "set" and "expected a set" or "expected an array")
  end

  local made, seen = {}, {}
  for i, element in ipairs(value) do
    local item, err = check_value(field.elements, element, path .. "[" .. i .. "]", references)
    if err then
      return nil, err
    end

    if field.type ~= "set" or not seen[item] then
      seen[item] = true
      made[#made + 1] = item
    end
  end

  return made
end


local function check_map(field, value, path, references)
  if type(value) ~= "table" then
    return nil, at(path, "expected a map")
  end

  local made = {}
  for key, item in pairs(value) do
    local ok_key, key_err = check_value(field.keys, key, path .. " (key)", references)
    if key_err then
      return nil, key_err
    end

    local made_item, err = check_value(field.values, item, path .. "." .. tostring(key), references)
    if err then
      return nil, err
    end

    made[ok_key] = made_item
  end

  return made
end


local function check_record(record, value, path, references)
  if type(value) ~= "table" then
    return nil, at(path, "expected a record")
  end

  local known, made = {}, {}
  for _, entry in ipairs(record.fields) do
    local name, field = next(entry)
    known[name] = true

    local given = value[name]
    if is_missing(given) then
      given = fill(field)
    end

    if given == nil then
      if field.required then
        return nil, at(path .. "." .. name, "required field missing")
      end

    else
      local item, err = check_value(field, given, path .. "." .. name, references)
      if err then
        return nil, err
      end

      made[name] = item
    end
  end

  for name in pairs(value) do
    if not known[name] then
      return nil, at(path .. "." .. tostring(name), "unknown field")
    end
  end

  for _, entry in ipairs(record.entity_checks or {}) do
    local ok, err = checks.run(entry, made, record, check_value)
    if not ok then
      return nil, at(path, err)
    end
  end

  return made
end


local function check_rules(field, value, path)
  for name in pairs(field) do
    if not DESCRIPTIVE[name] and not rules.BY_NAME[name] then
      return nil, at(path, "the schema's attribute '" .. tostring(name) .. "' is not supported by this host")
    end
  end

  for _, name in ipairs(rules.ORDER) do
    local argument = field[name]
    if name == "len_min" and argument == nil and field.type == "string" then
      argument = 1 -- Kong refuses empty strings unless the schema allows them
    end

    if argument ~= nil then
      local ok, err = rules.BY_NAME[name](value, argument)
      if not ok then
        return nil, at(path, field.err or err or "invalid value")
      end
    end
  end

  return true
end


check_value = function(field, value, path, references)
  local kind = field.type

  if kind == "string" and field.referenceable and vault.is_reference(value) then
    references[#references + 1] = { path = path, reference = value }
    return value
  end

  local made, err = value, nil
  if kind == "record" then
    made, err = check_record(field, value, path, references)

  elseif kind == "array" or kind == "set" then
    made, err = check_list(field, value, path, references)

  elseif kind == "map" then
    made, err = check_map(field, value, path, references)

  elseif SCALAR[kind] then
    local ok, message = SCALAR[kind](value)
    if not ok then
      return nil, at(path, message)
    end

  else
    return nil, at(path, "the schema's type '" .. tostring(kind) .. "' is not supported by this host")
  end

  if err then
    return nil, err
  end

  local ok, rule_err = check_rules(field, made, path)
  if not ok then
    return nil, rule_err
  end

  return made
end


local function resolve(config, references)
  for _, item in ipairs(references) do
    local value, err = vault.get(item.reference)
    if not value then
      return nil, at(item.path, err)
    end

    local holder, last = config, nil
    for name in item.path:gsub("^config%.?", ""):gsub("%[(%d+)%]", ".%1"):gmatch("[^.]+") do
      if last ~= nil then
        holder = holder[last]
      end

      last = tonumber(name) or name
    end

    holder[last] = value
  end

  return true
end


-- The configuration as the plugin gets it (defaults filled in, references resolved), or nil and one sentence.
function _M.config(schema, given)
  for _, entry in ipairs(schema.fields) do
    local name, field = next(entry)
    if name == "config" then
      local references = {}
      local config, err = check_value(field, given or {}, "config", references)
      if not config then
        return nil, err
      end

      local ok, vault_err = resolve(config, references)
      if not ok then
        return nil, vault_err
      end

      return config
    end
  end

  return nil, "the schema has no 'config' field"
end


return _M
