local fakes = require "spec.support.lua.fakes"

local LOCK = ("l"):rep(49)


describe("pipeline", function()
  local pipeline, script, conf, connections, opened, kept, closed, invalidated

  -- connections: in turn, { reused = n, "line or bulk…" }: what each answers to the calls sent on it
  before_each(function()
    fakes.install()
    opened, kept, closed, invalidated = {}, 0, 0, 0
    conf = { timeout = 2000 }

    package.loaded["kong.plugins.idempotency.connection"] = nil
    script = require "kong.plugins.idempotency.script"
    package.loaded["kong.plugins.idempotency.connection"] = {
      open = function()
        local answers = table.remove(connections, 1)
        if not answers then
          return nil, "connect: connection refused"
        end

        local sock = { sent = "", close = function() closed = closed + 1 end }
        opened[#opened + 1] = sock
        function sock:send(text)
          self.sent = self.sent .. fakes.flat(text)
          return not answers.broken, answers.broken
        end
        function sock.receive()
          local answer = table.remove(answers, 1)
          if not answer then
            return nil, answers.err or "closed"
          end

          return answer
        end

        return sock, not answers.reused
      end,
      keep = function() kept = kept + 1 end,
      invalidate_master = function() invalidated = invalidated + 1 end,
      is_not_master = function(_, refusal) return conf.sentinel_master and refusal:find("READONLY", 1, true) == 1 end,
    }
    pipeline = require "kong.plugins.idempotency.pipeline"
  end)


  local function run(command, bytes, other)
    return pipeline.run(other or conf, command, bytes or 0, ngx.now())
  end


  it("sends a call and keeps the connection", function()
    connections = { { ":2" } }
    assert.equal(2, (run({ "command" })))
    assert.equal("command", opened[1].sent)
    assert.equal(1, kept)
  end)


  it("lets what is to be done meanwhile be done once, after the call was sent and before its reply is read", function()
    connections = { { reused = true }, { ":2" } }
    local sent
    local reply = pipeline.run(conf, { "command" }, 0, ngx.now(), function(argument)
      assert.equal("argument", argument)
      sent = (sent or "") .. opened[1].sent .. #opened
    end, "argument")
    assert.equal(2, reply)
    assert.equal("command1", sent)
  end)


  it("takes no harm from what is done meanwhile", function()
    connections = { { ":2" } }
    assert.equal(2, (pipeline.run(conf, { "command" }, 0, ngx.now(), error, "raised")))
    assert.equal(1, kept)
  end)


  it("replaces dead pooled connections until a fresh one answers", function()
    connections = { { reused = true }, { reused = true, broken = "broken pipe" }, { ":0" } }
    assert.equal(0, (run({ "command" })))
    assert.equal(3, #opened)
    assert.equal(2, closed)
  end)


  it("gives up when a fresh connection fails", function()
    connections = { {} , { ":0" } }
    local reply, err = run({ "command" })
    assert.is_nil(reply)
    assert.equal("closed", err)
  end)


  it("gives up when there is none to be had", function()
    connections = {}
    local reply, err = run({ "command" })
    assert.is_nil(reply)
    assert.equal("connect: connection refused", err)
  end)


  it("does not wait twice for a slow server", function()
    connections = { { reused = true, err = "timeout" }, { ":0" } }
    local reply, err = run({ "command" })
    assert.is_nil(reply)
    assert.equal("timeout", err)
    assert.equal(1, invalidated)
  end)


  it("goes once to another master when the one it knew takes no writes any more", function()
    conf.sentinel_master = "m"
    local refusal = "-READONLY You can't write against a read only replica."
    connections = { { reused = true, refusal }, { ":0" } }
    assert.equal(0, (run({ "command" })))
    assert.equal(1, invalidated)

    connections = { { refusal }, { refusal }, { ":0" } }
    local reply, err = run({ "command" })
    assert.is_false(reply)
    assert.truthy(err:find("READONLY", 1, true))
  end)


  it("sends the script's text where the server does not know it", function()
    connections = { { "-NOSCRIPT No matching script." }, { ":0" } }
    assert.equal(0, (run(script.claim("key", LOCK, "1000"))))
    assert.truthy(opened[2].sent:find("EVAL\r\n", 1, true))
    assert.truthy(opened[2].sent:find(script.TEXT, 1, true))
  end)


  it("takes no error reply for an answer", function()
    connections = { { reused = true, "-READONLY You can't write against a read only replica." } }
    local reply, err = run({ "command" })
    assert.is_false(reply)
    assert.truthy(err:find("READONLY", 1, true))
    assert.equal(1, closed)
  end)


  it("says whether Redis may have run a call without a reply", function()
    local function doubt()
      local _, _, doubtful = run({ "command" })
      return doubtful
    end

    connections = {}
    assert.is_nil(doubt(), "it was never sent")
    connections = { { "-OOM command not allowed" } }
    assert.is_nil(doubt(), "it was refused")
    connections = { { reused = true }, { ":0" } }
    assert.is_nil(doubt(), "it was answered when it was sent again")
    connections = { {} }
    assert.is_true(doubt(), "its reply was lost")
    connections = { { reused = true }, { "-READONLY You can't write against a read only replica." } }
    assert.is_true(doubt(), "its reply was lost, and it was refused when it was sent again")
    connections = { { reused = true } }
    assert.is_true(doubt(), "its reply was lost, and it could not be sent again")
  end)


  it("survives whatever a connection raises", function()
    package.loaded["kong.plugins.idempotency.connection"].open = function() error("raised") end
    local reply, err = run({ "command" })
    assert.is_nil(reply)
    assert.truthy(err:find("raised", 1, true))
  end)


  -- Semaphores whose waiters are coroutines: `wait` comes back when someone posted, or `time_passes`.
  local waiters

  local function time_passes()
    local now_waiting = waiters
    waiters = {}
    for _, waiter in ipairs(now_waiting) do
      coroutine.resume(waiter.thread)
    end
  end


  local function with_company()
    waiters = {}
    package.loaded["ngx.semaphore"].new = function()
      return {
        count = 0,
        post = function(self) self.count = self.count + 1 end,
        wait = function(self)
          if self.count == 0 then
            waiters[#waiters + 1] = { thread = coroutine.running() }
            coroutine.yield()
          end

          if self.count == 0 then
            return false
          end

          self.count = self.count - 1
          return true
        end,
      }
    end
    package.loaded["kong.plugins.idempotency.pipeline"] = nil
    pipeline = require "kong.plugins.idempotency.pipeline"
  end


  local results

  local function call(name, bytes, other)
    local thread = coroutine.create(function()
      results[name] = { run({ name }, bytes, other) }
    end)
    coroutine.resume(thread)
  end


  -- `what` happens while the connection that is opened first has its calls and no reply yet
  local function meanwhile(what)
    local open = package.loaded["kong.plugins.idempotency.connection"].open
    package.loaded["kong.plugins.idempotency.connection"].open = function(...)
      local once = what
      what = nil
      local sock, fresh = open(...)
      if once then
        local receive = sock.receive
        sock.receive = function(...)
          sock.receive = receive
          once()
          return receive(...)
        end
      end

      return sock, fresh
    end
  end


  before_each(function()
    results = {}
  end)


  it("sends calls that come during a batch as the next one, and gives each its own reply", function()
    with_company()
    connections = { { ":0" }, { ":2", ":3", ":4" } }
    meanwhile(function()
      call("a")
      call("b")
      call("c")
    end)

    call("first")
    assert.same({ 0 }, results.first)
    assert.is_nil(results.a)

    time_passes()
    assert.equal("abc", opened[2].sent)
    time_passes()
    assert.same({ { 2 }, { 3 }, { 4 } }, { results.a, results.b, results.c })
    assert.equal(2, #opened)
  end)


  it("does what is to be done meanwhile in the request whose call it is", function()
    with_company()
    connections = { { ":0" }, { ":2", ":3" } }
    local threads = {}
    local function start(name)
      coroutine.resume(coroutine.create(function()
        local own = coroutine.running()
        pipeline.run(conf, { name }, 0, ngx.now(), function() threads[name] = coroutine.running() == own end)
      end))
    end

    meanwhile(function()
      start("a")
      start("b")
      assert.same({ first = true, a = true, b = true }, threads)
    end)
    start("first")
    time_passes()
    assert.equal("ab", opened[2].sent)
  end)


  it("waits for nobody when nothing is under way", function()
    with_company()
    connections = { { ":0" }, { ":2" } }
    call("first")
    call("second")
    assert.same({ { 0 }, { 2 } }, { results.first, results.second })
    assert.equal(2, #opened)
  end)


  it("does not wait for a batch that takes long", function()
    with_company()
    local clock = 0
    _G.ngx.now = function() return clock end
    package.loaded["kong.plugins.idempotency.pipeline"] = nil
    pipeline = require "kong.plugins.idempotency.pipeline"
    connections = { { ":0" }, { ":2" } }
    meanwhile(function()
      clock = 0.06
      call("second")
      assert.same({ 2 }, results.second)
    end)
    call("first")
    assert.same({ 0 }, results.first)
  end)


  it("sends what waited too long, whatever became of who was to send it", function()
    with_company()
    connections = { { ":0" }, { ":2", ":3" } }
    meanwhile(function()
      call("gone")
      call("left")
      table.remove(waiters, 1) -- nginx ended the request of the one that waited longest
      time_passes()
      assert.same({ 3 }, results.left)
    end)
    call("first")
    assert.equal("goneleft", opened[2].sent)
  end)


  it("sends at once when there is room for no more", function()
    with_company()
    local CALLS = 16
    local replies = {}
    for i = 1, CALLS do
      replies[i] = ":" .. i % 10
    end
    connections = { { ":0" }, replies }

    meanwhile(function()
      for i = 1, CALLS do
        call("n" .. i)
      end
      assert.same({ CALLS % 10 }, results["n" .. CALLS])
    end)
    call("first")
    time_passes()
    for i = 1, CALLS do
      assert.same({ i % 10 }, results["n" .. i])
    end
  end)


  it("sends a large record alone, and lets it hold nobody up", function()
    with_company()
    connections = { { ":0" }, { ":2" }, { ":3" } }
    meanwhile(function()
      call("large", 70000)
      assert.same({ 2 }, results.large)
    end)
    call("first")
    assert.equal("large", opened[2].sent)
  end)


  it("keeps the calls of two configurations apart", function()
    with_company()
    connections = { { ":4" }, { ":0" } }
    meanwhile(function()
      call("other", 0, { timeout = 2000 })
      assert.same({ 0 }, results.other)
    end)
    call("first")
    assert.same({ 4 }, results.first)
  end)
end)
