local fakes = require "spec.support.lua.fakes"


describe("connect", function()
  local connect, reused, log

  -- sockets that note what is asked of them; `reused` says how often each connection was used before
  before_each(function()
    fakes.install()
    log, reused = {}, {}

    local function note(name)
      return function(_, ...)
        local words = { name }
        for i = 1, select("#", ...) do
          words[i + 1] = tostring((select(i, ...)))
        end

        log[#log + 1] = table.concat(words, " ")
        if log.refuse == name then
          return nil, "refused"
        end

        return true
      end
    end

    rawset(ngx.socket, "tcp", function()
      return {
        settimeouts = note("timeouts"),
        connect = function(_, _, _, options)
          log[#log + 1] = "connect " .. options.pool
          log.options = options
          return not log.unreachable, log.unreachable
        end,
        getreusedtimes = function() return table.remove(reused, 1) or 0 end,
        sslhandshake = note("handshake"),
        setkeepalive = note("keepalive"),
        close = note("close"),
      }
    end)
    package.loaded["kong.plugins.idempotency.resp"] = {
      call = function(_, command, ...)
        return note(command)(nil, ...)
      end,
    }
    connect = require "kong.plugins.idempotency.connect"
  end)


  local function configuration(more)
    local conf = { host = "h", port = 1, database = 0, timeout = 2000, ssl = false, keepalive_pool_size = 5, keepalive_idle_timeout = 9 }
    for k, v in pairs(more or {}) do
      conf[k] = v
    end

    return conf
  end


  local function open(conf)
    return connect.open(conf, connect.server(conf, conf.host, conf.port, conf))
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
    assert.equal("timeouts connect AUTH SELECT", verbs())
    assert.equal("AUTH u p", log[3])
    assert.equal("SELECT 3", log[4])

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
    assert.equal("AUTH p", log[3])
  end)


  it("closes what it could not introduce", function()
    log.refuse = "AUTH"
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


  it("speaks TLS before anything else, on a fresh connection only", function()
    local conf = configuration({ ssl = true, ssl_verify = true, server_name = "n", password = "p" })
    reused = { 0, 1 }
    open(conf)
    assert.equal("timeouts connect handshake AUTH", verbs())
    assert.equal("handshake false n true", log[3])

    log = {}
    open(conf)
    assert.equal("timeouts connect", verbs())
  end)


  it("closes what it could not trust", function()
    log.refuse = "handshake"
    local sock, err = open(configuration({ ssl = true, password = "p" }))
    assert.is_nil(sock)
    assert.equal("TLS: refused", err)
    assert.equal("timeouts connect handshake close", verbs())
  end)


  it("says why there is no connection", function()
    log.unreachable = "connection refused"
    local sock, err = open(configuration())
    assert.is_nil(sock)
    assert.equal("connect: connection refused", err)
  end)


  it("keeps a connection with the configured limits", function()
    local conf = configuration()
    connect.keep(conf, (open(conf)))
    assert.equal("keepalive 9 5", log[#log])
  end)
end)
