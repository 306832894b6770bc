-- Rules over several fields of a record (Kong's `entity_checks`).

local concat, ipairs, next, pairs, type = table.concat, ipairs, next, pairs, type

local _M = {}


local function get(record, name)
  for part in name:gmatch("[^.]+") do
    if type(record) ~= "table" then
      return nil
    end

    record = record[part]
  end

  return record
end


local function field_of(record, name)
  for part in name:gmatch("[^.]+") do
    local found
    for _, entry in ipairs(record.fields or {}) do
      found = found or entry[part]
    end

    if not found then
      return nil
    end

    record = found
  end

  return record
end


local function is_filled(value)
  return value ~= nil and value ~= "" and not (type(value) == "table" and next(value) == nil)
end


local function filled(record, names)
  local count = 0
  for _, name in ipairs(names) do
    if is_filled(get(record, name)) then
      count = count + 1
    end
  end

  return count
end


local function quoted(names)
  return "'" .. concat(names, "', '") .. "'"
end


-- The field's own attributes under those of the condition.
local function merged(field, condition)
  local made = {}
  for k, v in pairs(field or {}) do
    made[k] = v
  end

  for k, v in pairs(condition) do
    made[k] = v
  end

  return made
end


local function conditional(record, arg, schema, check_value)
  local given = get(record, arg.if_field)
  if given == nil
     or not check_value(merged(field_of(schema, arg.if_field), arg.if_match), given, arg.if_field, {})
  then
    return true
  end

  local value = get(record, arg.then_field)
  if value == nil then
    if arg.then_match.required then
      return nil, arg.then_field .. ": required field missing"
    end

    return true
  end

  local _, err = check_value(merged(field_of(schema, arg.then_field), arg.then_match), value, arg.then_field, {})
  if err then
    return nil, arg.then_err and arg.then_err:format(arg.if_field) or err
  end

  return true
end


local BY_NAME = {
  at_least_one_of = function(record, names)
    return filled(record, names) >= 1 or nil, "at least one of these fields must be non-empty: " .. quoted(names)
  end,

  only_one_of = function(record, names)
    return filled(record, names) == 1 or nil, "exactly one of these fields must be non-empty: " .. quoted(names)
  end,

  mutually_required = function(record, names)
    local count = filled(record, names)
    return count == 0 or count == #names or nil, "all or none of these fields must be set: " .. quoted(names)
  end,

  mutually_exclusive = function(record, names)
    return filled(record, names) <= 1 or nil, "only one or none of these fields must be set: " .. quoted(names)
  end,

  distinct = function(record, names)
    local seen = {}
    for _, name in ipairs(names) do
      local value = get(record, name)
      if is_filled(value) then
        if seen[value] then
          return nil, "values of these fields must be distinct: " .. quoted(names)
        end

        seen[value] = true
      end
    end

    return true
  end,

  conditional = conditional,

  custom_entity_check = function(record, arg)
    local part = {}
    for _, name in ipairs(arg.field_sources) do
      local source, target = record, part
      local names = {}
      for piece in name:gmatch("[^.]+") do
        names[#names + 1] = piece
      end

      for i = 1, #names - 1 do
        source = type(source) == "table" and source[names[i]] or nil
        target[names[i]] = target[names[i]] or {}
        target = target[names[i]]
      end

      target[names[#names]] = type(source) == "table" and source[names[#names]] or nil
    end

    return arg.fn(part)
  end,
}


-- Run the entity check `entry` on `record`; `check_value` validates one field.
function _M.run(entry, record, schema, check_value)
  local name, arg = next(entry)
  local check = BY_NAME[name]
  if not check then
    return nil, "the schema's check '" .. name .. "' is not supported by this host"
  end

  local ok, err = check(record, arg, schema, check_value)
  if not ok then
    return nil, err or "entity check failed"
  end

  return true
end


return _M
