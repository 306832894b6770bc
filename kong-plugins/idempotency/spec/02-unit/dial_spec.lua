local fakes = require "spec.support.lua.fakes"


describe("dial", function()
  local dial, reused, log

  -- a Redis client that notes what is asked of it; `reused` says how often each connection was used before
  before_each(function()
    fakes.install()
    log, reused = {}, {}

    local function note(name)
      return function(_, ...)
        log[#log + 1] = name .. (select("#", ...) > 0 and " " .. table.concat({ ... }, " ") or "")
        if log.refuse == name then
          return nil, "refused"
        end

        return true
      end
    end

    package.loaded["resty.redis"] = {
      set_timeouts = note("timeouts"),
      new = function()
        return {
          set_timeouts = note("timeouts"),
          connect = function(_, host, port, options)
            log[#log + 1] = "connect " .. options.pool
            log.options = options
            return true
          end,
          get_reused_times = function() return table.remove(reused, 1) or 0 end,
          auth = note("auth"),
          select = note("select"),
          set_keepalive = note("keepalive"),
          close = note("close"),
        }
      end,
    }
    dial = require "kong.plugins.idempotency.dial"
  end)


  local function configuration(more)
    local conf = { host = "h", port = 1, database = 0, timeout = 2000, ssl = false, keepalive_pool_size = 5, keepalive_idle_timeout = 9 }
    for k, v in pairs(more or {}) do
      conf[k] = v
    end

    return conf
  end


  local function open(conf)
    return dial.open(conf, dial.server(conf, conf.host, conf.port, conf))
  end


  local function verbs()
    local names = {}
    for i, line in ipairs(log) do
      names[i] = line:match("^%S+")
    end

    return table.concat(names, " ")
  end


  it("authenticates and selects on a fresh connection only", function()
    local conf = configuration({ username = "u", password = "p", database = 3 })
    reused = { 0, 1 }
    local _, fresh = open(conf)
    assert.is_true(fresh)
    assert.equal("timeouts connect auth select", verbs())
    assert.equal("auth u p", log[3])

    log = {}
    _, fresh = open(conf)
    assert.is_false(fresh)
    assert.equal("timeouts connect", verbs())
  end)


  it("sends no AUTH without a password", function()
    open(configuration({ password = "" }))
    assert.equal("timeouts connect", verbs())
  end)


  it("authenticates by password alone where there is no user", function()
    open(configuration({ password = "p" }))
    assert.equal("auth p", log[3])
  end)


  it("closes what it could not introduce", function()
    log.refuse = "auth"
    local red, err = open(configuration({ password = "wrong" }))
    assert.is_nil(red)
    assert.equal("AUTH: refused", err)
    assert.equal("close", log[#log])
  end)


  local function pool(more)
    open(configuration(more))
    return log.options.pool
  end


  it("names pools by all that connections must not share, without the password", function()
    local seen = {}
    for i, more in ipairs({
      {}, { host = "i" }, { port = 2 }, { database = 1 }, { username = "u", password = "secret" },
      { username = "v", password = "secret" }, { username = "u", password = "other" },
      { ssl = true }, { ssl = true, ssl_verify = true }, { ssl = true, server_name = "n" },
    }) do
      local name = pool(more)
      assert.is_nil(seen[name], "configuration " .. i)
      assert.is_nil(name:find("secret", 1, true))
      seen[name] = true
    end

    assert.is_true(seen[pool({})])
  end)


  it("has a time-out for each step", function()
    open(configuration({ connect_timeout = 1, read_timeout = 3 }))
    assert.equal("timeouts 1 2000 3", log[1])
  end)


  it("refuses TLS where the library would silently do without", function()
    package.loaded["resty.redis"].set_timeouts = nil
    package.loaded["kong.plugins.idempotency.dial"] = nil
    dial = require "kong.plugins.idempotency.dial"
    local red, err = open(configuration({ ssl = true }))
    assert.is_nil(red)
    assert.truthy(err:find("TLS", 1, true))
  end)


  it("keeps a connection with the configured limits", function()
    local conf = configuration()
    dial.keep(conf, (open(conf)))
    assert.equal("keepalive 9 5", log[#log])
  end)
end)
