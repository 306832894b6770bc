local prepared = require "kong.plugins.idempotency.prepared"


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


describe("prepared", function()
  it("is what the hot path asks for", function()
    local made = prepared.of(configuration())

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
    assert.is_nil(prepared.of(conf).identity_header)
    assert.is_nil(prepared.of(conf).roles_header)
  end)


  it("has no set of cookies where there are none", function()
    local conf = configuration()
    conf.scope_cookies = {}
    assert.is_nil(prepared.of(conf).scope_cookies)
  end)


  it("is made once a configuration", function()
    local conf = configuration()
    assert.equal(prepared.of(conf), prepared.of(conf))
    assert.not_equal(prepared.of(conf), prepared.of(configuration()))
  end)
end)
