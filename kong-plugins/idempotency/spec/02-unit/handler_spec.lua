local fakes = require "spec.support.lua.fakes"


describe("handler", function()
  local handler

  setup(function()
    fakes.install()
    handler = require "kong.plugins.idempotency.handler"
  end)


  it("comes after authentication and rate limiting, before transformers", function()
    assert.is_true(handler.PRIORITY < 900 and handler.PRIORITY > 801)
    assert.equal(0, handler.PRIORITY % 1)
  end)


  it("has a version of three numbers, which the rockspec repeats", function()
    assert.truthy(handler.VERSION:match("^%d+%.%d+%.%d+$"))
    local rockspec = assert(io.open("kong-plugin-idempotency-" .. handler.VERSION .. "-1.rockspec")):read("*a")
    assert.truthy(rockspec:find('version = "' .. handler.VERSION .. '-1"', 1, true))
  end)


  it("has no filters, which Kong forbids beside a response phase", function()
    assert.is_function(handler.access)
    assert.is_function(handler.response)
    assert.is_function(handler.log)
    assert.is_nil(handler.header_filter)
    assert.is_nil(handler.body_filter)
  end)


  it("ships every module in its rockspec", function()
    local rockspec = assert(io.open("kong-plugin-idempotency-" .. handler.VERSION .. "-1.rockspec")):read("*a")
    for file in io.popen("ls kong/plugins/idempotency"):lines() do
      assert.truthy(rockspec:find('"kong/plugins/idempotency/' .. file .. '"', 1, true), file)
    end
  end)
end)
