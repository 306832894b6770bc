-- The type synonyms of Kong's schemas that plugins use: each is a field, and may be called with attributes to add.

local function validate_host(host)
  if host:match("^%[?[%x:]+%]?$") and host:find("::?") and host:find(":", 1, true) then
    return true -- an IPv6 address
  end

  if host:find(":", 1, true) then
    return nil, "must not have a port"
  end

  if not host:match("^[%w%.%-_]+$") then
    return nil, "invalid value: " .. host
  end

  return true
end


local function validate_name(name)
  if name:match("^[%w%.%-_~]+$") then
    return true
  end

  return nil, "invalid value '" .. name .. "': it must only contain alphanumeric and '., -, _, ~' characters"
end


local function validate_header_name(name)
  if name:match("^[%w%-_]+$") then
    return true
  end

  return nil, "bad header name '" .. name .. "', allowed characters are A-Z, a-z, 0-9, '_', and '-'"
end


local function validate_path(path)
  if not path:match("^/[%w%.%-_~/%%:@!$&'()*+,;=]*$") then
    return nil, "invalid path: '" .. path .. "' (characters outside of the reserved list of RFC 3986 found)"
  end

  return true
end


-- A field that may be called: `typedefs.port { default = 6379 }`.
local function define(attributes)
  return setmetatable(attributes, {
    __call = function(original, more)
      local made = {}
      for k, v in pairs(original) do
        made[k] = v
      end

      for k, v in pairs(more) do
        made[k] = v
      end

      return made
    end,
  })
end


local function set_of_protocols(default)
  return define {
    type = "set",
    required = true,
    default = default,
    elements = { type = "string", one_of = { "grpc", "grpcs", "http", "https", "tcp", "tls", "udp" } },
  }
end


local host = { type = "string", custom_validator = validate_host }

return {
  host = define(host),
  redis_host = define { type = "string", custom_validator = validate_host },
  sni = define { type = "string", custom_validator = validate_host },
  port = define { type = "integer", between = { 0, 65535 } },
  timeout = define { type = "integer", between = { 0, 2147483646 } },
  header_name = define { type = "string", custom_validator = validate_header_name },
  http_method = define { type = "string", match = "^%u+$" },
  name = define { type = "string", custom_validator = validate_name },
  path = define {
    type = "string",
    starts_with = "/",
    match_none = { { pattern = "//", err = "must not have empty segments" } },
    custom_validator = validate_path,
  },
  protocols = set_of_protocols { "grpc", "grpcs", "http", "https" },
  protocols_http = set_of_protocols { "grpc", "grpcs", "http", "https" },
  no_consumer = define { type = "foreign", reference = "consumers" },
  no_consumer_group = define { type = "foreign", reference = "consumer_groups" },
  no_route = define { type = "foreign", reference = "routes" },
  no_service = define { type = "foreign", reference = "services" },
}
