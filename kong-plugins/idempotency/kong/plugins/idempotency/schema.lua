-- Konnect's control plane is given this file alone, so it requires no other. What is never saved is repeated from policy.lua;
-- a spec compares the two.

local MAX_TTL = 604800 -- a week, in seconds

local NEVER_SAVED = {
  [401] = true, [403] = true, [408] = true, [409] = true, [425] = true, [429] = true, [444] = true, [499] = true,
}

-- names, and beginnings of names that end with a hyphen
local NEVER_KEPT = [[
  connection content-length keep-alive proxy-authenticate proxy-authorization proxy-connection te trailer
  transfer-encoding upgrade date via set-cookie set-cookie2 ratelimit
  b3 baggage traceparent tracestate uber-trace-id x-amzn-trace-id x-cloud-trace-context x-correlation-id x-request-id
  idempotency-status idempotency-stored idempotent-replayed
  ratelimit- x-ratelimit- x-rate-limit- x-b3- x-kong-
]]


local function validate_status(status)
  if status < 200 or status > 499 or (status > 299 and status < 400) or NEVER_SAVED[status] then
    return nil, "answers with status " .. status .. " are never saved"
  end

  return true
end


local function may_be_kept(name)
  name = string.lower(name)
  for never in string.gmatch(NEVER_KEPT, "%S+") do
    if name == never or (string.sub(never, -1) == "-" and string.sub(name, 1, #never) == never) then
      return false
    end
  end

  return true
end


local function validate_kept_header(pattern)
  if pattern == "*" then
    return true
  end

  if not string.find(pattern, "^[%w_-]+%*?$") then
    return nil, "must be a header name, or the beginning of one and '*'"
  end

  if not may_be_kept(pattern) then
    return nil, pattern .. " is never kept"
  end

  return true
end


local function validate_optional_header(name)
  if name ~= "" and not string.find(name, "^[%w_-]+$") then
    return nil, "must be a header name, or empty to read none"
  end

  return true
end


local function validate_header_name(name)
  if not string.find(name, "^[%w_-]+$") then
    return nil, "bad header name '" .. name .. "', allowed characters are A-Z, a-z, 0-9, '_', and '-'"
  end

  return true
end


-- a name, or an address of version 4 or 6
local function validate_host(host)
  if string.find(host, "^%[?[%x:.]*:[%x:.]*:[%x:.]*%]?$") or string.find(host, "^[%w._-]+$") then
    return true
  end

  return nil, string.find(host, ":", 1, true) and "must not have a port" or "invalid value: " .. host
end


local function timeout(description, default)
  return {
    type = "integer",
    required = default ~= nil,
    default = default,
    between = { 1, 2147483646 },
    description = description,
  }
end


local redis = {
  type = "record",
  required = true,
  description = "The Redis or Valkey server that keeps locks and answers. The user needs the commands EVALSHA, EVAL, GET, SET and DEL on `idem:*`.",
  fields = {
    { host = {
        type = "string",
        custom_validator = validate_host,
        required = true,
        default = "127.0.0.1",
        description = "Host name or address of the server.",
    } },
    { port = {
        type = "integer",
        between = { 0, 65535 },
        required = true,
        default = 6379,
        description = "Port of the server.",
    } },
    { database = {
        type = "integer",
        required = true,
        default = 0,
        between = { 0, 1048575 },
        description = "Number of the database; selected on each fresh connection.",
    } },
    { username = {
        type = "string",
        referenceable = true,
        len_min = 0,
        description = "ACL user (Redis 6 or later). Empty: the server's default user.",
    } },
    { password = {
        type = "string",
        referenceable = true,
        encrypted = true,
        len_min = 0,
        description = "Password of the user. Empty: no AUTH is sent.",
    } },
    { ssl = {
        type = "boolean",
        required = true,
        default = false,
        description = "Whether to connect by TLS.",
    } },
    { ssl_verify = {
        type = "boolean",
        required = true,
        default = false,
        description = "Whether to verify the server's certificate against `lua_ssl_trusted_certificate`.",
    } },
    { server_name = {
        type = "string",
        custom_validator = validate_host,
        required = false,
        description = "Server name for TLS (SNI and verification).",
    } },
    { timeout = timeout("Time-out in milliseconds of each step (connect, send, read) that has none of its own.", 2000) },
    { connect_timeout = timeout("Time-out in milliseconds of connecting.") },
    { send_timeout = timeout("Time-out in milliseconds between two writes.") },
    { read_timeout = timeout("Time-out in milliseconds between two reads.") },
    { keepalive_pool_size = {
        type = "integer",
        required = true,
        default = 256,
        between = { 1, 65535 },
        description = "How many idle connections each worker keeps.",
    } },
    { keepalive_idle_timeout = timeout("How long an idle connection is kept, in milliseconds. Choose less than the server's `timeout`.", 55000) },
    { sentinel_master = {
        type = "string",
        description = "Name of the master that Sentinel watches; `host` and `port` are not used then.",
    } },
    { sentinel_nodes = {
        type = "array",
        len_min = 1,
        elements = {
          type = "record",
          fields = {
            { host = {
                type = "string",
                required = true,
                custom_validator = validate_host,
                default = "127.0.0.1",
                description = "Host name or address of a sentinel.",
            } },
            { port = {
                type = "integer",
                between = { 0, 65535 },
                default = 26379,
                description = "Port of the sentinel.",
            } },
          },
        },
        description = "Sentinels that are asked for the master, in turn. Time-outs and TLS are those of the server.",
    } },
    { sentinel_role = {
        type = "string",
        one_of = { "master" },
        description = "Which server to use. Keys are locked by writes, so it is always the master.",
    } },
    { sentinel_username = {
        type = "string",
        referenceable = true,
        len_min = 0,
        description = "ACL user on the sentinels. Empty: their default user.",
    } },
    { sentinel_password = {
        type = "string",
        referenceable = true,
        encrypted = true,
        len_min = 0,
        description = "Password on the sentinels. Empty: no AUTH is sent to them.",
    } },
  },
  entity_checks = {
    { mutually_required = { "sentinel_master", "sentinel_nodes" } },
  },
}


local config = {
  type = "record",
  required = true,
  fields = {
    { key_headers = {
        type = "array",
        required = true,
        len_min = 1,
        elements = { type = "string", custom_validator = validate_header_name },
        default = { "X-Idempotency-Key", "Idempotency-Key" },
        description = "Headers that may carry the key. `Idempotency-Key` is read as a structured field (a quoted string) or a bare token, any other as it is.",
    } },
    { required = {
        type = "boolean",
        required = true,
        default = false,
        description = "Whether a request without a key is refused.",
    } },
    { methods = {
        type = "set",
        required = true,
        len_min = 1,
        elements = { type = "string", one_of = { "POST", "PUT", "PATCH", "DELETE" } },
        default = { "POST", "PUT", "PATCH" },
        description = "Methods whose keys are honoured.",
    } },
    { scope = {
        type = "array",
        required = true,
        elements = { type = "string", one_of = { "consumer", "header" } },
        default = { "consumer", "header" },
        description = "Whose key it is: the first of these that the request has. `consumer`: the authenticated Kong consumer. `header`: the identity header.",
    } },
    { identity_header = {
        type = "string",
        required = true,
        len_min = 0,
        default = "X-Auth-Subject",
        custom_validator = validate_optional_header,
        description = "Header with the caller's identity, set by a trusted edge. Empty: none is read, for routes where a client could send it.",
    } },
    { roles_header = {
        type = "string",
        required = true,
        len_min = 0,
        default = "X-Auth-Roles",
        custom_validator = validate_optional_header,
        description = "Header with the caller's roles, set by the same edge as the identity header. A repeat with other roles is another request. Empty: none is read.",
    } },
    { scope_cookies = {
        type = "array",
        elements = { type = "string", match = "^[%w!#$%%&'*+.^_`|~-]+$" },
        description = "Cookies that tell callers without an identity apart, such as a cart's. The key belongs to the values of those that the request has.",
    } },
    { anonymous = {
        type = "string",
        required = true,
        one_of = { "client_ip", "reject", "bypass" },
        default = "client_ip",
        description = "What happens to keys of callers without an identity and without a cookie of `scope_cookies`: kept apart by address, refused, or left to the service's own ledger.",
    } },
    { service = {
        type = "string",
        match = "^[%w._-]+$",
        len_max = 128,
        description = "Name in the Redis keys, instead of the Kong service's.",
    } },
    { ttl = {
        type = "number",
        required = true,
        default = 60,
        between = { 1, MAX_TTL },
        description = "How long an answer is replayed, in seconds.",
    } },
    { lock_ttl = {
        type = "number",
        required = true,
        default = 200,
        between = { 1, MAX_TTL },
        description = "How long a key stays locked at most, in seconds. Choose more than the service's connect, write and read time-outs together: Kong's defaults are 60 s each, so the default is above 180 s. Kong's `retries` repeat what may have been done and take as long again, so set them to 0.",
    } },
    { wait_timeout = {
        type = "number",
        required = true,
        default = 0,
        between = { 0, 60 },
        description = "How long a repeat waits for the first answer before it is refused, in seconds.",
    } },
    { max_body_bytes = {
        type = "integer",
        required = true,
        default = 1048576,
        between = { 0, 67108864 },
        description = "Largest body of an answer that is saved.",
    } },
    { max_request_bytes = {
        type = "integer",
        required = true,
        default = 8388608,
        between = { 1, 1073741824 },
        description = "Largest body of a request that is accepted with a key.",
    } },
    { saved_statuses = {
        type = "set",
        elements = { type = "integer", between = { 200, 499 }, custom_validator = validate_status },
        description = "Statuses whose answers are saved. Unset: every 2xx, and 4xx but 401, 403, 408, 409, 425 and 429.",
    } },
    { kept_headers = {
        type = "array",
        required = true,
        elements = { type = "string", custom_validator = validate_kept_header },
        default = { "Content-*", "Location", "ETag", "Last-Modified", "Cache-Control", "Vary", "Link", "Allow", "Accept-*" },
        description = "Headers of the answer that are saved. A trailing `*` stands for any ending, `*` for all that may be saved.",
    } },
    { fail_mode = {
        type = "string",
        required = true,
        one_of = { "closed", "open" },
        default = "closed",
        description = "Without Redis: refuse requests that have a key, or let them through unprotected.",
    } },
    { on_unknown = {
        type = "string",
        required = true,
        one_of = { "keep", "release" },
        default = "keep",
        description = "When it is unknown whether the service acted: keep the key locked until `lock_ttl`, or free it, for services with a ledger of their own.",
    } },
    { fingerprint_secret = {
        type = "string",
        referenceable = true,
        encrypted = true,
        description = "Secret of the fingerprints of requests, the same on every node. Unset: they are bound to the key.",
    } },
    { redis = redis },
  },
  entity_checks = {
    { custom_entity_check = {
        field_sources = { "wait_timeout", "lock_ttl" },
        fn = function(entity)
          if type(entity.wait_timeout) == "number" and type(entity.lock_ttl) == "number"
             and entity.wait_timeout > entity.lock_ttl then
            return nil, "wait_timeout must not be above lock_ttl"
          end

          return true
        end,
    } },
  },
}


return {
  name = "idempotency",
  fields = {
    -- a gRPC answer has no end that the response phase could see
    { protocols = {
        type = "set",
        required = true,
        elements = { type = "string", one_of = { "http", "https" } },
        default = { "http", "https" },
        description = "Protocols of the requests that the plugin sees.",
    } },
    { config = config },
  },
}
