local fakes = require "spec.support.lua.fakes"


-- servers as `connect` would reach them: `up[name]` is true for a fresh connection, "pooled" for one of the pool
describe("connection", function()
  local connection, conf, up, opened, closed, masters, asked, clock

  before_each(function()
    fakes.install()
    clock, opened, closed, asked, masters, up = 100, {}, 0, 0, {}, {}
    _G.ngx.now = function() return clock end

    package.loaded["kong.plugins.idempotency.connect"] = {
      server = function(_, host, port, credentials)
        return { name = host .. ":" .. port, password = credentials.password }
      end,

      open = function(_, server)
        local name, state = server.name, up[server.name]
        if not state then
          return nil, "connect: connection refused"
        end

        if name:find("^sentinel") then
          asked = asked + 1
        else
          opened[#opened + 1] = name
        end

        return {
          server = server,
          close = function() closed = closed + 1 end,
        }, state ~= "pooled"
      end,

      keep = function() end,
    }

    package.loaded["kong.plugins.idempotency.resp"] = {
      call = function(_, ...)
        local command, question, master = ...
        assert.equal("SENTINEL get-master-addr-by-name", command .. " " .. question)
        return masters[master] or ngx.null
      end,
    }

    connection = require "kong.plugins.idempotency.connection"
    conf = {
      host = "h", port = 1, password = "old",
      sentinel_master = "m", sentinel_nodes = { { host = "sentinel", port = 1 }, { host = "sentinel", port = 2 } },
    }
  end)


  it("is to the configured server where no sentinel is", function()
    up["h:1"] = true
    conf.sentinel_master = nil
    local red, fresh = connection.open(conf)
    assert.equal("h:1", red.server.name)
    assert.is_true(fresh)
    assert.equal(0, asked)
  end)


  it("follows a password that a vault rotates in place", function()
    up["h:1"] = true
    conf.sentinel_master = nil
    assert.equal("old", connection.open(conf).server.password)
    conf.password = "new"
    assert.equal("new", connection.open(conf).server.password)
  end)


  describe("with sentinels", function()
    before_each(function()
      up["sentinel:2"], up["a:1"] = true, true
      masters.m = { "a", "1" }
    end)


    it("is to the master that one of them names", function()
      assert.equal("a:1", connection.open(conf).server.name)
    end)


    it("asks nobody while connections to the master live", function()
      connection.open(conf)
      up["a:1"] = "pooled"
      clock = 1000
      local red, fresh = connection.open(conf)
      assert.equal("a:1", red.server.name)
      assert.is_false(fresh)
      assert.equal(1, asked)
    end)


    it("asks again before it trusts a fresh connection, but not for every one of a burst", function()
      connection.open(conf)
      connection.open(conf)
      assert.equal(1, asked)
      clock = 102
      connection.open(conf)
      assert.equal(2, asked)
    end)


    it("does not write to a master that came back and was replaced meanwhile", function()
      connection.open(conf)
      clock, masters.m, up["b:1"] = 200, { "b", "1" }, true
      assert.equal("b:1", connection.open(conf).server.name)
      assert.equal(1, closed)
    end)


    it("finds the new master when the old one is gone", function()
      connection.open(conf)
      masters.m, up["a:1"], up["b:1"] = { "b", "1" }, nil, true
      assert.equal("b:1", connection.open(conf).server.name)
    end)


    it("says what is wrong with the master while there is no other", function()
      connection.open(conf)
      up["a:1"] = nil
      local red, err = connection.open(conf)
      assert.is_nil(red)
      assert.equal("connect: connection refused", err)
    end)


    it("asks at once when the master was invalidated", function()
      connection.open(conf)
      up["a:1"], masters.m, up["b:1"] = "pooled", { "b", "1" }, true
      connection.invalidate_master(conf)
      assert.equal("b:1", connection.open(conf).server.name)
    end)


    it("goes on with the master it knows while no sentinel answers", function()
      connection.open(conf)
      clock, up["sentinel:2"] = 200, nil
      assert.equal("a:1", connection.open(conf).server.name)
    end)


    it("has none where no sentinel ever answered, or knows the name", function()
      up["sentinel:2"] = nil
      assert.is_nil((connection.open(conf)))
      up["sentinel:2"], masters.m = true, nil
      local red, err = connection.open(conf)
      assert.is_nil(red)
      assert.truthy(err:find("the master 'm' is not known", 1, true))
    end)
  end)


  it("knows a refusal of a server that is not the master", function()
    local refusal = "READONLY You can't write against a read only replica."
    assert.is_true(connection.is_not_master(conf, refusal))
    assert.is_false(connection.is_not_master(conf, "NOPERM no"))
    assert.is_false(connection.is_not_master({}, refusal))
  end)
end)
