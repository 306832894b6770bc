-- The schema by Kong's rules, as the specs' host of Kong's plugins implements them, and as the standalone gateway reads it.
-- A Kong's own judgement of the same configurations is test_schema_in_kong.py's.

local checker = require "kong_host.schema"
local configuration = require "gateway.configuration"
local definition = require "kong.plugins.idempotency.schema"
local policy = require "kong.plugins.idempotency.policy"


local function check(config)
  local made, err = checker.config(definition, config or {})
  local read, read_err = configuration.read(config)
  assert.same(made, read)
  assert.equal(err == nil, read_err == nil, read_err or err)
  return made, err
end


local function field(record, name)
  for _, entry in ipairs(record.fields) do
    if entry[name] then
      return entry[name]
    end
  end
end


local CONFIG = field(definition, "config")


describe("the schema's defaults", function()
  local conf = assert(check())

  it("are those of the contract", function()
    assert.same({ "X-Idempotency-Key", "Idempotency-Key" }, conf.key_headers)
    assert.is_false(conf.required)
    assert.same({ "POST", "PUT", "PATCH" }, conf.methods)
    assert.same({ "consumer", "header" }, conf.scope)
    assert.equal("X-Auth-Subject", conf.identity_header)
    assert.equal("X-Auth-Roles", conf.roles_header)
    assert.is_nil(conf.scope_cookies)
    assert.equal("client_ip", conf.anonymous)
    assert.equal(60, conf.ttl)
    assert.equal("closed", conf.fail_mode)
    assert.equal("keep", conf.on_unknown)
    assert.is_nil(conf.fingerprint_secret)
  end)


  it("lock for longer than Kong's default time-outs take together", function()
    assert.is_true(conf.lock_ttl > 60 + 60 + 60)
  end)


  it("find a Redis on this machine", function()
    assert.equal("127.0.0.1", conf.redis.host)
    assert.equal(6379, conf.redis.port)
    assert.equal(0, conf.redis.database)
    assert.is_false(conf.redis.ssl)
  end)
end)


describe("the schema", function()
  local ACCEPTED = {
    { key_headers = { "Request-Key" } },
    { methods = { "DELETE" } },
    { scope = {} },
    { scope = { "header", "consumer" } },
    { identity_header = "" },
    { ttl = 1, lock_ttl = 1 },
    { ttl = 604800, lock_ttl = 604800 },
    { wait_timeout = 0.5 },
    { max_body_bytes = 0 },
    { saved_statuses = { 200, 404 } },
    { kept_headers = {} },
    { kept_headers = { "X-*", "etag" } },
    { kept_headers = { "*" } },
    { scope_cookies = { "__Host-cart", "cart" } },
    { roles_header = "" },
    { anonymous = "bypass" },
    { service = "member.v2_a-b" },
    { redis = { host = "redis.example", port = 6380, username = "u", password = "", ssl = true, server_name = "redis.example" } },
    { redis = { host = "::1" } },
    { redis = { host = "192.0.2.1", server_name = "redis.example" } },
    { redis = { connect_timeout = 1, send_timeout = 1, read_timeout = 1 } },
  }

  for i, config in ipairs(ACCEPTED) do
    it("accepts configuration " .. i, function()
      assert(check(config))
    end)
  end


  local REFUSED = {
    { { unknown = 1 }, "unknown" },
    { { key_headers = {} }, "key_headers" },
    { { key_headers = { "a b" } }, "key_headers" },
    { { methods = {} }, "methods" },
    { { methods = { "GET" } }, "methods" },
    { { scope = { "cookie" } }, "scope" },
    { { identity_header = "a b" }, "identity_header" },
    { { anonymous = "allow" }, "anonymous" },
    { { ttl = 0 }, "ttl" },
    { { ttl = 604801 }, "ttl" },
    { { lock_ttl = 0 }, "lock_ttl" },
    { { wait_timeout = -1 }, "wait_timeout" },
    { { wait_timeout = 61 }, "wait_timeout" },
    { { wait_timeout = 10, lock_ttl = 5 }, "wait_timeout" },
    { { max_body_bytes = -1 }, "max_body_bytes" },
    { { max_body_bytes = 1.5 }, "max_body_bytes" },
    { { max_request_bytes = 0 }, "max_request_bytes" },
    { { saved_statuses = { 409 } }, "saved_statuses" },
    { { saved_statuses = { 302 } }, "saved_statuses" },
    { { saved_statuses = { 500 } }, "saved_statuses" },
    { { kept_headers = { "Set-Cookie" } }, "kept_headers" },
    { { kept_headers = { "**" } }, "kept_headers" },
    { { scope_cookies = { "a b" } }, "scope_cookies" },
    { { roles_header = "a b" }, "roles_header" },
    { { kept_headers = { "a*b" } }, "kept_headers" },
    { { fail_mode = "maybe" }, "fail_mode" },
    { { on_unknown = "guess" }, "on_unknown" },
    { { service = "a:b" }, "service" },
    { { redis = { host = "redis:6379" } }, "host" },
    { { redis = { host = "a b" } }, "host" },
    { { redis = { port = 65536 } }, "port" },
    { { redis = { timeout = 0 } }, "timeout" },
    { { redis = { database = -1 } }, "database" },
    { { redis = { keepalive_pool_size = 0 } }, "keepalive_pool_size" },
    { { redis = { sentinel_master = "idem" } }, "sentinel_nodes" },
    { { redis = { sentinel_nodes = { { host = "a" } } } }, "sentinel_master" },
    { { redis = { sentinel_role = "any" } }, "sentinel_role" },
  }

  for i, case in ipairs(REFUSED) do
    it("refuses configuration " .. i .. " because of its " .. case[2], function()
      local conf, err = check(case[1])
      assert.is_nil(conf)
      assert.truthy(err:find(case[2], 1, true), err)
    end)
  end


  local function every(record, path, judge)
    for _, entry in ipairs(record.fields) do
      local name, attributes = next(entry)
      judge(path .. name, attributes)
      if attributes.fields then
        every(attributes, path .. name .. ".", judge)
      end
    end
  end


  it("describes each field in a sentence", function()
    every(CONFIG, "", function(name, attributes)
      assert.is_string(attributes.description, name)
      assert.truthy(attributes.description:find("%.$"), name .. " ends with a full stop")
    end)
  end)


  it("lets Kong's vaults have the credentials, and encrypts the secret ones", function()
    local redis = field(CONFIG, "redis")
    assert.is_true(field(redis, "username").referenceable)
    for _, secret in ipairs({
      field(redis, "password"), field(redis, "sentinel_password"), field(CONFIG, "fingerprint_secret"),
    }) do
      assert.is_true(secret.referenceable)
      assert.is_true(secret.encrypted)
    end
  end)


  it("stands alone, as Konnect wants it", function()
    local text = assert(io.open("kong/plugins/idempotency/schema.lua")):read("*a")
    assert.is_nil(text:find("require%s*[%(\"']"))
  end)


  it("refuses what is never saved, and nothing else", function()
    for status = 100, 599 do
      assert.equal(policy.may_be_saved(status), check({ saved_statuses = { status } }) ~= nil, "status " .. status)
    end
  end)


  it("refuses what is never kept", function()
    for _, file in ipairs({ "schema", "policy" }) do
      local text = assert(io.open("kong/plugins/idempotency/" .. file .. ".lua")):read("*a")
      local names = text:match("NEVER_KEPT = [set ]*%[%[(.-)%]%]") .. (text:match("NEVER_KEPT_PREFIXES = (%b{})") or "")
      for name in names:gmatch("[%w-]+") do
        name = name:gsub("%-$", "-x")
        assert.is_false(policy.may_be_kept(name), name)
        assert.is_nil((check({ kept_headers = { name } })), name)
      end
    end
  end)


  it("is for HTTP requests only", function()
    assert.same({ "http", "https" }, field(definition, "protocols").default)
  end)


  it("is described field by field in the README", function()
    local readme = assert(io.open("README.md")):read("*a")
    every(CONFIG, "", function(name)
      assert.truthy(readme:find("`" .. name .. "`", 1, true), name)
    end)
  end)
end)
