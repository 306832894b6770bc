local fakes = require "spec.support.lua.fakes"


describe("deferred", function()
  local timers, deferred, calls, answers

  before_each(function()
    timers = fakes.install()
    calls, answers = {}, {}

    local function called(name)
      return function(_, claim, ttl, record)
        calls[#calls + 1] = { name, claim.key, claim.lock, ttl, record }
        local answer = table.remove(answers, 1)
        if answer == "raise" then
          error("raised")
        end

        if answer then
          return answer
        end

        return nil, "connection refused"
      end
    end

    package.loaded["kong.plugins.idempotency.store"] = { complete = called("complete"), release = called("release") }
    deferred = require "kong.plugins.idempotency.deferred"
  end)


  local function finish(record)
    deferred.finish({}, { ttl = 60000 }, { key = "k", lock = "l" }, record)
  end


  -- runs the timers in turn until none is left
  local function run(premature)
    local delays = {}
    local at = 0
    while timers[at + 1] do
      at = at + 1
      delays[at] = timers[at][1]
      timers[at][2](premature or false, unpack(timers[at], 3))
    end

    return delays
  end


  it("releases without a record, at once", function()
    answers = { "released" }
    finish(nil)
    assert.same({ 0 }, run())
    assert.same({ { "release", "k", "l" } }, calls)
  end)


  it("completes with one", function()
    answers = { "stored" }
    finish("record")
    run()
    assert.same({ { "complete", "k", "l", 60000, "record" } }, calls)
  end)


  it("tries again, slower each time, and gives up with a log line", function()
    finish("record")
    local delays = run()

    assert.equal(6, #calls)
    assert.equal(6, #delays)
    for i = 2, #delays do
      assert.is_true(delays[i] >= delays[i - 1])
    end
    assert.truthy(timers.log[1]:find("connection refused", 1, true))
  end)


  it("survives whatever the store raises", function()
    answers = { "raise", "stored" }
    finish("record")
    run()
    assert.equal(2, #calls)
  end)


  it("tries once more, and only once, when the worker is being stopped", function()
    finish("record")
    run(true)
    assert.equal(1, #calls)
    assert.equal(1, #timers)
  end)


  it("says so when there is no timer to be had", function()
    timers.refused = true
    finish("record")
    assert.truthy(timers.log[1]:find("too many pending timers", 1, true))
  end)


  it("holds only so many answers at a time, and takes new ones once they are gone", function()
    local large = ("x"):rep(6 * 1024 * 1024)
    for _ = 1, 3 do
      finish(large)
    end
    assert.equal(2, #timers)
    assert.truthy(timers.log[1]:find("too many answers", 1, true))

    answers = { "stored", "stored", "stored" }
    run()
    finish(large)
    assert.equal(3, #timers)
  end)


  it("declares an outcome unknown until the lock ends", function()
    answers = { "stored" }
    timers.time = 1000
    deferred.mark_unknown({}, { key = "k", lock = "l", fingerprint = ("f"):rep(32), ends_at = 1029.5 })
    run()
    assert.same({ { "complete", "k", "l", "30000", "L" .. ("f"):rep(32) .. "unknown:00000406" } }, calls)
  end)


  it("declares nothing once the lock has ended", function()
    timers.time = 1030
    deferred.mark_unknown({}, { key = "k", lock = "l", fingerprint = ("f"):rep(32), ends_at = 1029.5 })
    run()
    assert.same({}, calls)
  end)


  it("gives back a claim whose reply was lost, also if it comes late", function()
    answers = { false, "lost", "released" }
    deferred.give_back({}, { key = "k", lock = "l" })
    assert.same({ 0, 0.1, 0.2 }, run())
    assert.equal("release", calls[3][1])
  end)


  it("gives up on a claim that never comes, without a complaint", function()
    answers = { "lost", "lost", "lost", "lost", "lost", "lost" }
    deferred.give_back({}, { key = "k", lock = "l" })
    assert.equal(6, #run())
    assert.equal(0, #timers.log)
  end)
end)
