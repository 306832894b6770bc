local scope = require "kong.plugins.idempotency.scope"

local ORDER = { "consumer", "header" }


local function of(caller, order, anonymous)
  local function client_ip() return "192.0.2.1" end
  return scope.of(order or ORDER, caller.consumer, caller.identity, anonymous or "client_ip", client_ip)
end


describe("scope.of", function()
  it("is the consumer before the identity header before the address", function()
    assert.equal("consumer:1", of({ consumer = "1", identity = "ann" }))
    assert.equal("header:ann", of({ identity = "ann" }))
    assert.equal("ip:192.0.2.1", of({}))
  end)


  it("follows the configured order", function()
    local caller = { consumer = "1", identity = "ann" }
    assert.equal("header:ann", of(caller, { "header", "consumer" }))
    assert.equal("ip:192.0.2.1", of(caller, {}))
  end)


  it("takes an empty identity for none", function()
    assert.equal("ip:192.0.2.1", of({ identity = "" }))
  end)


  it("takes an empty identity for none, however often it came", function()
    local empty = { identity = { "", "" } }
    assert.equal("ip:192.0.2.1", of(empty))
    assert.is_nil(of(empty, nil, "reject"))
  end)


  it("gives a repeated identity a scope that no single value has", function()
    local repeated = of({ identity = { "a", "b" } })
    assert.not_equal(repeated, of({ identity = "a" }))
    assert.not_equal(repeated, of({ identity = "1:a1:b" }))
    assert.not_equal(repeated, of({ identity = { "a1:b" } }))
  end)


  it("has nothing for the anonymous where they are refused", function()
    assert.is_nil(of({}, nil, "reject"))
    assert.equal("header:ann", of({ identity = "ann" }, nil, "reject"))
  end)
end)


describe("scope.redis_key", function()
  it("names the service and hides the rest", function()
    local key = scope.redis_key("member", "header:ann", "k-1")
    assert.truthy(key:match("^idem:member:%x+$"))
    assert.equal(#"idem:member:" + 64, #key)
  end)


  it("keeps scope and key apart by their lengths", function()
    assert.not_equal(scope.redis_key("s", "header:a", "bc"), scope.redis_key("s", "header:ab", "c"))
    assert.not_equal(scope.redis_key("s", "a", "1:b"), scope.redis_key("s", "a1", ":b"))
  end)
end)
