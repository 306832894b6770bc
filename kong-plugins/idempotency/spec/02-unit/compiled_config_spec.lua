local compiled_config = require "kong.plugins.idempotency.compiled_config"


local function configuration()
  return {
    methods = { "POST", "PUT" },
    key_headers = { "X-Idempotency-Key", "Idempotency-Key" },
    identity_header = "X-Auth-Subject",
    roles_header = "X-Auth-Roles",
    scope_cookies = { "cart" },
    kept_headers = { "Location" },
    ttl = 60,
    lock_ttl = 1.5,
  }
end


describe("compiled_config", function()
  it("has what requests need", function()
    local made = compiled_config.get(configuration())

    assert.is_true(made.methods.POST)
    assert.is_nil(made.methods.GET)
    assert.same({ "x-idempotency-key", "idempotency-key" }, made.key_names)
    assert.same({ "http_x_idempotency_key", "http_idempotency_key" }, made.key_variables)
    assert.equal("x-auth-subject", made.identity_header)
    assert.equal("x-auth-roles", made.roles_header)
    assert.same({ cart = true }, made.scope_cookies)
    assert.equal("60000", made.ttl) -- as it travels to Redis
    assert.equal("1500", made.lock_ttl)
    assert.is_true(made.saves(201))
    assert.is_true(made.keeps("location"))
  end)


  it("reads an empty name of a header as none", function()
    local conf = configuration()
    conf.identity_header, conf.roles_header = "", ""
    assert.is_nil(compiled_config.get(conf).identity_header)
    assert.is_nil(compiled_config.get(conf).roles_header)
  end)


  it("has no set of cookies where there are none", function()
    local conf = configuration()
    conf.scope_cookies = {}
    assert.is_nil(compiled_config.get(conf).scope_cookies)
  end)


  it("is made once a configuration", function()
    local conf = configuration()
    assert.equal(compiled_config.get(conf), compiled_config.get(conf))
    assert.not_equal(compiled_config.get(conf), compiled_config.get(configuration()))
  end)
end)
