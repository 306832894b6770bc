local policy = require "kong.plugins.idempotency.policy"


describe("policy.statuses", function()
  it("saves 2xx and settled 4xx by default", function()
    local saves = policy.statuses(nil)
    local never = { [401] = true, [403] = true, [408] = true, [409] = true, [425] = true, [429] = true, [444] = true, [499] = true }

    for status = 100, 599 do
      local expected = (status >= 200 and status <= 299) or (status >= 400 and status <= 499 and not never[status])
      assert.equal(expected, saves(status), "status " .. status)
    end
  end)


  it("saves what is configured, and never what must not be", function()
    local saves = policy.statuses({ 201, 409, 500 })
    assert.is_true(saves(201))
    assert.is_false(saves(200))
    assert.is_false(saves(409))
    assert.is_false(saves(500))
  end)
end)


describe("policy.headers", function()
  local keeps = policy.headers({ "Location", "Content-*", "Set-Cookie" })

  it("keeps names and beginnings of names, in any case", function()
    for _, name in ipairs({ "location", "LOCATION", "Content-Type", "content-x-y" }) do
      assert.is_true(keeps(name), name)
    end
  end)


  it("keeps nothing else", function()
    for _, name in ipairs({ "Locations", "X-Location", "Conten", "X-RateLimit-Limit", "traceparent", "" }) do
      assert.is_false(keeps(name), name)
    end
  end)


  it("never keeps cookies, lengths and what belongs to one connection", function()
    for _, name in ipairs({ "Set-Cookie", "Content-Length", "Transfer-Encoding", "Connection", "Keep-Alive", "TE", "Upgrade" }) do
      assert.is_false(policy.headers({ name })(name), name)
      assert.is_false(policy.may_be_kept(name), name)
    end
  end)


  it("never keeps what was true of the first exchange alone, however wide the patterns are", function()
    local wide = policy.headers({ "X-*", "RateLimit*", "trace*", "b*", "Idempot*" })
    for _, name in ipairs({
      "RateLimit", "RateLimit-Policy", "X-RateLimit-Remaining", "X-Rate-Limit-Reset", "traceparent", "tracestate",
      "baggage", "b3", "X-B3-TraceId", "X-Request-ID", "X-Correlation-ID", "Idempotency-Status", "Idempotent-Replayed",
    }) do
      assert.is_false(wide(name), name)
      assert.is_false(policy.may_be_kept(name), name)
    end
    assert.is_true(wide("X-Version"))
  end)


  it("keeps everything else by a single star", function()
    local all = policy.headers({ "*" })
    for _, name in ipairs({ "Allow", "Retry-After", "x-anything", "etag" }) do
      assert.is_true(all(name), name)
    end
    for _, name in ipairs({ "Set-Cookie", "Date", "Via", "X-Kong-Upstream-Latency", "traceparent", "Content-Length" }) do
      assert.is_false(all(name), name)
    end
  end)


  it("does not grow with the names it is asked about", function()
    for i = 1, 5000 do
      assert.equal(i % 2 == 0, keeps((i % 2 == 0 and "Content-" or "X-") .. i))
    end
  end)
end)
