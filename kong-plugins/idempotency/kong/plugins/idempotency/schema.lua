local typedefs = require "kong.db.schema.typedefs"
local policy = require "kong.plugins.idempotency.policy"

local MAX_TTL = 604800 -- a week, in seconds


local function validate_status(status)
  if not policy.may_be_saved(status) then
    return nil, "answers with status " .. status .. " are never saved"
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

  if not policy.may_be_kept(pattern) then
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


local redis = {
  type = "record",
  required = true,
  description = "The Redis or Valkey server that keeps locks and answers. The user needs the commands EVALSHA, EVAL, GET, SET and DEL on `idem:*`.",
  fields = {
    { host = typedefs.host {
        required = true,
        default = "127.0.0.1",
        description = "Host name or address of the server.",
    } },
    { port = typedefs.port {
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
    { server_name = typedefs.sni {
        required = false,
        description = "Server name for TLS (SNI and verification).",
    } },
    { timeout = typedefs.timeout {
        required = true,
        default = 2000,
        between = { 1, 2147483646 },
        description = "Time-out in milliseconds of each step (connect, send, read) that has none of its own.",
    } },
    { connect_timeout = typedefs.timeout {
        required = false,
        between = { 1, 2147483646 },
        description = "Time-out in milliseconds of connecting.",
    } },
    { send_timeout = typedefs.timeout {
        required = false,
        between = { 1, 2147483646 },
        description = "Time-out in milliseconds between two writes.",
    } },
    { read_timeout = typedefs.timeout {
        required = false,
        between = { 1, 2147483646 },
        description = "Time-out in milliseconds between two reads.",
    } },
    { keepalive_pool_size = {
        type = "integer",
        required = true,
        default = 256,
        between = { 1, 65535 },
        description = "How many idle connections each worker keeps.",
    } },
    { keepalive_idle_timeout = {
        type = "integer",
        required = true,
        default = 55000,
        between = { 1, 2147483646 },
        description = "How long an idle connection is kept, in milliseconds. Choose less than the server's `timeout`.",
    } },
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
            { host = typedefs.host { required = true, default = "127.0.0.1", description = "Host name or address of a sentinel." } },
            { port = typedefs.port { default = 26379, description = "Port of the sentinel." } },
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
        elements = typedefs.header_name,
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
        required = true,
        elements = { type = "string", match = "^[%w!#$%%&'*+.^_`|~-]+$" },
        default = {},
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
        description = "When nobody knows whether the service acted: keep the key locked until `lock_ttl`, or free it, for services with a ledger of their own.",
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
