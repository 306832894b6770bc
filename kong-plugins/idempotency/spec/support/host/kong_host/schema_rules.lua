-- The rules of one field in a plugin's schema, in the order in which Kong applies them. Each takes the value and the
-- rule's argument and returns true, or nil and a message.

local concat, format, ipairs, pairs, tostring, type =
  table.concat, string.format, ipairs, pairs, tostring, type

local _M = {}


local function length_of(value)
  local length = #value
  if type(value) == "table" and length == 0 then
    for _ in pairs(value) do
      length = length + 1
    end
  end

  return length
end


local function is_in(value, options)
  for _, option in ipairs(options) do
    if value == option then
      return true
    end
  end

  return false
end


local function length(message, fits)
  return function(value, wanted)
    if fits(length_of(value), wanted) then
      return true
    end

    return nil, format(message, wanted)
  end
end


_M.BY_NAME = {
  eq = function(value, wanted)
    if value == wanted then
      return true
    end

    return nil, "value must be " .. tostring(wanted)
  end,

  ne = function(value, unwanted)
    if value ~= unwanted then
      return true
    end

    return nil, "value must not be " .. tostring(unwanted)
  end,

  not_one_of = function(value, options)
    if is_in(value, options) then
      return nil, "must not be one of: " .. concat(options, ", ")
    end

    return true
  end,

  one_of = function(value, options)
    if is_in(value, options) then
      return true
    end

    return nil, "expected one of: " .. concat(options, ", ")
  end,

  gt = function(value, limit)
    if value > limit then
      return true
    end

    return nil, "value must be greater than " .. limit
  end,

  between = function(value, limits)
    if value >= limits[1] and value <= limits[2] then
      return true
    end

    return nil, format("value should be between %s and %s", limits[1], limits[2])
  end,

  len_eq = length("length must be %d", function(n, wanted) return n == wanted end),
  len_min = length("length must be at least %d", function(n, least) return n >= least end),
  len_max = length("length must be at most %d", function(n, most) return n <= most end),

  starts_with = function(value, prefix)
    if value:sub(1, #prefix) == prefix then
      return true
    end

    return nil, "should start with: " .. prefix
  end,

  match = function(value, pattern)
    if value:match(pattern) then
      return true
    end

    return nil, "invalid value: " .. value
  end,

  not_match = function(value, pattern)
    if value:match(pattern) then
      return nil, "invalid value: " .. value
    end

    return true
  end,

  match_none = function(value, list)
    for _, item in ipairs(list) do
      if value:match(item.pattern) then
        return nil, item.err
      end
    end

    return true
  end,

  match_all = function(value, list)
    for _, item in ipairs(list) do
      if not value:match(item.pattern) then
        return nil, item.err
      end
    end

    return true
  end,

  match_any = function(value, options)
    for _, pattern in ipairs(options.patterns) do
      if value:match(pattern) then
        return true
      end
    end

    return nil, options.err
  end,

  contains = function(list, wanted)
    if is_in(wanted, list) then
      return true
    end

    return nil, "expected to contain: " .. tostring(wanted)
  end,

  custom_validator = function(value, validate)
    return validate(value)
  end,
}


_M.ORDER = {
  "eq", "ne", "not_one_of", "one_of", "gt", "between", "len_eq", "len_min", "len_max", "starts_with", "not_match",
  "match_none", "match", "match_all", "match_any", "contains", "custom_validator",
}


return _M
