local fakes = require "spec.support.lua.fakes"


describe("metrics", function()
  local metrics, timers

  before_each(function()
    timers = fakes.install()
    metrics = require "kong.plugins.idempotency.metrics"
  end)


  it("does nothing where there is nowhere to count", function()
    metrics.init_worker()
    metrics.count("hits", "member")
    metrics.redis(0.1)
    assert.equal("", metrics.text())
  end)


  it("counts in the shared dictionary", function()
    ngx.shared.idempotency_metrics = fakes.dictionary()
    metrics.init_worker()
    metrics.count("hits", "member")
    metrics.count("hits", "member")
    metrics.count("misses", 'a"b')
    metrics.redis(0.0005)
    metrics.redis(0.3)
    metrics.redis(60)

    local text = metrics.text()
    assert.truthy(text:find('kong_idempotency_events_total{event="hits",service="member"} 2\n', 1, true))
    assert.truthy(text:find('kong_idempotency_events_total{event="misses",service="a\\"b"} 1\n', 1, true))
    assert.truthy(text:find('kong_idempotency_redis_seconds_bucket{le="0.001"} 1\n', 1, true))
    assert.truthy(text:find('kong_idempotency_redis_seconds_bucket{le="0.5"} 2\n', 1, true))
    assert.truthy(text:find('kong_idempotency_redis_seconds_bucket{le="+Inf"} 3\n', 1, true))
    assert.truthy(text:find("kong_idempotency_redis_seconds_count 3\n", 1, true))
    assert.truthy(text:find("kong_idempotency_redis_seconds_sum 60.300500\n", 1, true))
  end)


  it("adds what it counted to the dictionary a moment later, all at once", function()
    ngx.shared.idempotency_metrics = fakes.dictionary()
    metrics.init_worker()
    metrics.count("hits", "member")
    metrics.count("hits", "member")
    metrics.redis(0.3)
    assert.is_nil(ngx.shared.idempotency_metrics:get("event|hits|member"))
    assert.equal(1, #timers)

    timers[1][2](false)
    assert.equal(2, ngx.shared.idempotency_metrics:get("event|hits|member"))
    assert.equal(0.3, ngx.shared.idempotency_metrics:get("seconds"))

    metrics.count("hits", "member")
    assert.equal(2, #timers)
    timers[2][2](true)
    assert.equal(3, ngx.shared.idempotency_metrics:get("event|hits|member"))
  end)


  it("counts on where there is no timer to be had", function()
    ngx.shared.idempotency_metrics = fakes.dictionary()
    metrics.init_worker()
    timers.refused = true
    metrics.count("hits", "member")
    timers.refused = false
    metrics.count("hits", "member")
    timers[#timers][2](false)
    assert.equal(2, ngx.shared.idempotency_metrics:get("event|hits|member"))
  end)


  it("shows all events of a service before the first of them", function()
    ngx.shared.idempotency_metrics = fakes.dictionary()
    metrics.init_worker()
    metrics.introduce("member")
    metrics.count("hits", "member")
    metrics.introduce("member")

    local text = metrics.text()
    for _, event in ipairs({
      "misses", "conflicts", "mismatches", "invalid", "store_errors", "oversize", "lost_locks", "unknown", "bypassed",
      "poisoned",
    }) do
      assert.truthy(text:find('{event="' .. event .. '",service="member"} 0\n', 1, true), event)
    end
    assert.truthy(text:find('{event="hits",service="member"} 1\n', 1, true))
  end)


  it("counts in Kong's prometheus plugin where there is one", function()
    local counted, observed = {}, {}
    metrics.init_worker {
      counter = function()
        return { inc = function(_, step, labels) counted[#counted + 1] = { step, labels[1], labels[2] } end }
      end,
      histogram = function()
        return { observe = function(_, seconds) observed[#observed + 1] = seconds end }
      end,
    }
    metrics.count("conflicts", "member")
    metrics.redis(0.25)

    assert.same({ { 1, "conflicts", "member" } }, counted)
    assert.same({ 0.25 }, observed)
  end)
end)
