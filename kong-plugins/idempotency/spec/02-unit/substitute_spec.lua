local fakes = require "spec.support.lua.fakes"


describe("substitute", function()
  local substitute, record, policy, source

  before_each(function()
    fakes.install()
    source = "exit"
    kong.response = { get_source = function() return source end }
    record = require "kong.plugins.idempotency.record"
    policy = require "kong.plugins.idempotency.policy"
    substitute = require "kong.plugins.idempotency.substitute"
  end)


  local function judge(status, ctx)
    _G.ngx.status, _G.ngx.ctx = status, ctx or {}
    local compiled = { saves = policy.statuses(nil), keeps = policy.headers({ "Content-*" }) }
    local settlement, value = substitute.judge({ max_body_bytes = 10 }, compiled, { fingerprint = ("f"):rep(32), service = "s" })
    local answer = value and record.open(value)
    if answer then
      return settlement, answer.body, record.headers(answer, compiled.keeps)
    end

    return settlement, value
  end


  local function given(content, headers)
    return { delayed_response = { content = content, headers = headers } }
  end


  it("stores what a plugin responded", function()
    local settlement, body, headers = judge(201, given("body", { ["content-type"] = "text/plain", Other = "1" }))
    assert.equal("store", settlement)
    assert.equal("body", body)
    assert.same({ ["content-type"] = "text/plain" }, headers)
  end)


  it("stores tables as Kong sends them", function()
    local _, body, headers = judge(418, given({ a = 1 }))
    assert.equal('{"a":1}', body)
    assert.same({ ["Content-Type"] = "application/json; charset=utf-8" }, headers)
  end)


  it("stores an empty response", function()
    local settlement, body = judge(204, given(nil))
    assert.equal("store", settlement)
    assert.equal("", body)
  end)


  it("stores a tombstone for a response that it does not know, or that is too large", function()
    for _, ctx in ipairs({ {}, given(("x"):rep(11)) }) do
      local settlement, value = judge(200, ctx)
      assert.equal("store", settlement)
      assert.equal(record.tombstone(("f"):rep(32)), value)
    end
  end)


  it("releases where the request was not processed", function()
    for _, status in ipairs({ 301, 401, 403, 409, 429, 503 }) do
      assert.equal("release", (judge(status, given(""))))
    end
  end)


  it("calls any other failure unknown: a function may have acted before it", function()
    for _, status in ipairs({ 500, 502, 504 }) do
      assert.is_nil((judge(status, given(""))))
    end
  end)


  it("calls a failure unknown where the service had the request", function()
    for _, sent in ipairs({ { buffered_status = 201 }, { balancer_data = { try_count = 1 } } }) do
      assert.is_nil((judge(503, sent)))
    end
    assert.equal("release", (judge(503, { balancer_data = { try_count = 0 } })))
  end)


  it("calls what Kong makes of a response that broke off unknown, whatever status it began with", function()
    for _, status in ipairs({ 201, 404, 502 }) do
      assert.is_nil((judge(status, { balancer_data = { try_count = 1 } })))
    end
  end)


  it("stores what a plugin made of the service's response", function()
    assert.equal("store", (judge(200, { buffered_status = 201, balancer_data = { try_count = 1 } })))
  end)


  it("says nothing of responses that no plugin gave on purpose", function()
    for _, other in ipairs({ "error", "service" }) do
      source = other
      assert.is_nil((judge(200, given(""))))
    end
  end)
end)
