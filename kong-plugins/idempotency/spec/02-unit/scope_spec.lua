local scope = require "kong.plugins.idempotency.scope"

local ORDER = { "consumer", "header" }


local function of(caller, order)
  return scope.from_identity(order or ORDER, caller.consumer, caller.identity)
end


describe("scope.from_identity", function()
  it("is the consumer before the identity header", function()
    assert.equal("consumer:1", (of({ consumer = "1", identity = "ann" })))
    assert.equal("header:ann", (of({ identity = "ann" })))
    assert.is_nil((of({})))
  end)


  it("follows the configured order", function()
    local caller = { consumer = "1", identity = "ann" }
    assert.equal("header:ann", (of(caller, { "header", "consumer" })))
    assert.is_nil((of(caller, {})))
  end)


  it("says whether the edge named the caller", function()
    assert.is_true(select(2, of({ identity = "ann" })))
    assert.is_nil(select(2, of({ consumer = "1", identity = "ann" })))
  end)


  it("takes an empty identity for none, however often it came", function()
    assert.is_nil((of({ identity = "" })))
    assert.is_nil((of({ identity = { "", "" } })))
  end)


  it("gives a repeated identity a scope that no single value has", function()
    local repeated = of({ identity = { "a", "b" } })
    assert.not_equal(repeated, of({ identity = "a" }))
    assert.not_equal(repeated, of({ identity = "1:a1:b" }))
    assert.not_equal(repeated, of({ identity = { "a1:b" } }))
  end)
end)


describe("scope.cookies", function()
  local NAMES = { cart = true, ["__Host-cart"] = true }


  it("finds the named cookies", function()
    assert.same({ { "cart", "1" } }, scope.cookies(NAMES, "a=b; cart=1; x=y"))
    assert.same({ { "__Host-cart", "a=b" } }, scope.cookies(NAMES, "__Host-cart=a=b"))
    assert.same({ { "cart", "1" } }, scope.cookies(NAMES, { "a=b", "cart=1" }))
  end)


  it("finds none where there are none, or only empty ones", function()
    for _, header in ipairs({ "", "a=b", "Cart=1", "cart", "cart=", "xcart=1", 'a="cart"' }) do
      assert.same({}, scope.cookies(NAMES, header), header)
    end
    assert.same({}, scope.cookies(NAMES, nil))
  end)


  it("gives every set of values a scope of its own", function()
    local seen = {}
    for _, header in ipairs({ "cart=1", "cart=2", "__Host-cart=1", "cart=1; cart=2", "cart=2; cart=1", "cart=11:2" }) do
      local whose = scope.from_cookies(scope.cookies(NAMES, header))
      assert.is_nil(seen[whose], header)
      seen[whose] = true
    end
  end)


  it("are replaced by a response that sets another value", function()
    local cookies = { { "cart", "1" } }
    assert.is_true(scope.is_replaced(NAMES, cookies, "cart=2; Path=/"))
    assert.is_true(scope.is_replaced(NAMES, cookies, { "a=b", "cart=; Max-Age=0" }))
    for _, header in ipairs({ "cart=1; Path=/", "a=b", "cart", "" }) do
      assert.is_false(scope.is_replaced(NAMES, cookies, header), header)
    end
    assert.is_false(scope.is_replaced(NAMES, cookies, nil))
    assert.is_true(scope.is_replaced(NAMES, cookies, "__Host-cart=1"))
    assert.is_true(scope.is_replaced(NAMES, {}, "cart=1"))
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
