local fakes = require "spec.support.lua.fakes"

local LOCK = ("l"):rep(49)


describe("pipeline", function()
  local pipeline, script, conf, connections, opened, kept, closed, doubted

  -- connections: in turn, { reused = n, "line or bulk…" }: what each answers to the calls sent on it
  before_each(function()
    fakes.install()
    opened, kept, closed, doubted = {}, 0, 0, 0
    conf = { timeout = 2000 }

    package.loaded["kong.plugins.idempotency.connection"] = nil
    package.loaded["resty.redis"] = { set_timeouts = function() end }
    script = require "kong.plugins.idempotency.script"
    package.loaded["kong.plugins.idempotency.connection"] = {
      open = function()
        local answers = table.remove(connections, 1)
        if not answers then
          return nil, "connect: connection refused"
        end

        local sock = { sent = "" }
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

        return { _sock = sock, close = function() closed = closed + 1 end }, not answers.reused
      end,
      keep = function() kept = kept + 1 end,
      doubt = function() doubted = doubted + 1 end,
      is_elsewhere = function(_, refusal) return conf.sentinel_master and refusal:find("READONLY", 1, true) == 1 end,
    }
    pipeline = require "kong.plugins.idempotency.pipeline"
  end)


  it("sends a call and keeps the connection", function()
    connections = { { ":2" } }
    assert.equal(2, (pipeline.run(conf, { "command" }, 0)))
    assert.equal("command", opened[1].sent)
    assert.equal(1, kept)
  end)


  it("replaces dead pooled connections until a fresh one answers", function()
    connections = { { reused = true }, { reused = true, broken = "broken pipe" }, { ":0" } }
    assert.equal(0, (pipeline.run(conf, { "command" }, 0)))
    assert.equal(3, #opened)
    assert.equal(2, closed)
  end)


  it("gives up when a fresh connection fails", function()
    connections = { {} , { ":0" } }
    local reply, err = pipeline.run(conf, { "command" }, 0)
    assert.is_nil(reply)
    assert.equal("closed", err)
  end)


  it("gives up when there is none to be had", function()
    connections = {}
    local reply, err = pipeline.run(conf, { "command" }, 0)
    assert.is_nil(reply)
    assert.equal("connect: connection refused", err)
  end)


  it("does not wait twice for a slow server", function()
    connections = { { reused = true, err = "timeout" }, { ":0" } }
    local reply, err = pipeline.run(conf, { "command" }, 0)
    assert.is_nil(reply)
    assert.equal("timeout", err)
    assert.equal(1, doubted)
  end)


  it("goes once to another master when the one it knew takes no writes any more", function()
    conf.sentinel_master = "m"
    local refusal = "-READONLY You can't write against a read only replica."
    connections = { { reused = true, refusal }, { ":0" } }
    assert.equal(0, (pipeline.run(conf, { "command" }, 0)))
    assert.equal(1, doubted)

    connections = { { refusal }, { refusal }, { ":0" } }
    local reply, err = pipeline.run(conf, { "command" }, 0)
    assert.is_false(reply)
    assert.truthy(err:find("READONLY", 1, true))
  end)


  it("sends the script's text where the server does not know it", function()
    connections = { { "-NOSCRIPT No matching script." }, { ":0" } }
    assert.equal(0, (pipeline.run(conf, script.claim("key", LOCK, "1000"), 0)))
    assert.truthy(opened[2].sent:find("EVAL\r\n", 1, true))
    assert.truthy(opened[2].sent:find(script.TEXT, 1, true))
  end)


  it("takes no error reply for an answer", function()
    connections = { { reused = true, "-READONLY You can't write against a read only replica." } }
    local reply, err = pipeline.run(conf, { "command" }, 0)
    assert.is_false(reply)
    assert.truthy(err:find("READONLY", 1, true))
    assert.equal(1, closed)
  end)


  it("survives whatever a connection raises", function()
    package.loaded["kong.plugins.idempotency.connection"].open = function() error("raised") end
    local reply, err = pipeline.run(conf, { "command" }, 0)
    assert.is_nil(reply)
    assert.truthy(err:find("raised", 1, true))
  end)


  it("lets the calls of one turn join, and gives each its own reply", function()
    connections = { { ":0", ":2", ":4" } }
    local joined = {}
    -- while the first lets others join, two of them come
    fakes.on_sleep(function()
      for i = 1, 2 do
        joined[i] = coroutine.create(pipeline.run)
        coroutine.resume(joined[i], conf, { "second", tostring(i) }, 0)
      end
    end)
    package.loaded["ngx.semaphore"].new = function()
      return { post = function(self) self.posted = true end, wait = function(self) coroutine.yield() return self.posted end }
    end
    package.loaded["kong.plugins.idempotency.pipeline"] = nil
    pipeline = require "kong.plugins.idempotency.pipeline"

    assert.equal(0, (pipeline.run(conf, { "first" }, 0)))
    assert.equal("firstsecond1second2", opened[1].sent)
    assert.same({ true, 2 }, { coroutine.resume(joined[1]) })
    assert.same({ true, 4 }, { coroutine.resume(joined[2]) })
    assert.equal(1, #opened)
  end)


  it("is sent by the last that it has room for, at once", function()
    local CALLS = 16
    local answers = {}
    for i = 1, CALLS do
      answers[i] = ":" .. i % 10
    end
    connections = { answers, { ":7" } }

    local results, sent = {}, nil
    fakes.on_sleep(function()
      for i = 2, CALLS + 1 do
        local co = coroutine.create(function()
          results[i] = pipeline.run(conf, { tostring(i % 10) }, 0)
        end)
        results[i] = co
        coroutine.resume(co)
        if i == CALLS then
          sent = opened[1] and opened[1].sent
        end
      end
    end)
    package.loaded["ngx.semaphore"].new = function()
      return {
        post = function(self) self.posted = true end,
        wait = function(self)
          if not self.posted then
            coroutine.yield()
          end

          return self.posted
        end,
      }
    end
    package.loaded["kong.plugins.idempotency.pipeline"] = nil
    pipeline = require "kong.plugins.idempotency.pipeline"

    assert.equal(1, (pipeline.run(conf, { "1" }, 0)))
    assert.equal("1234567890123456", sent)
    assert.equal(CALLS % 10, results[CALLS])
    -- the next one leads a batch of its own
    assert.equal(7, results[CALLS + 1])
    for i = 2, CALLS - 1 do
      coroutine.resume(results[i])
      assert.equal(i % 10, results[i])
    end
  end)


  it("lets nobody join another configuration's calls", function()
    connections = { { ":4" }, { ":0" } }
    local other
    fakes.on_sleep(function()
      other = pipeline.run({ timeout = 2000 }, { "other" }, 0)
    end)
    package.loaded["kong.plugins.idempotency.pipeline"] = nil
    pipeline = require "kong.plugins.idempotency.pipeline"

    pipeline.run(conf, { "first" }, 0)
    assert.equal(2, #opened)
    assert.is_number(other)
  end)
end)
