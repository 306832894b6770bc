local fakes = require "spec.support.lua.fakes"

local RETRY = "kong.runloop.upstream_retry"


describe("resend", function()
  local timers, calls

  before_each(function()
    timers = fakes.install()
    calls = {}
    package.loaded[RETRY] = nil
    package.preload[RETRY] = function() error("this Kong has no such module") end
    kong.configuration = {}
    _G.ngx.ctx = {}
  end)


  after_each(function()
    package.loaded[RETRY] = nil
    package.preload[RETRY] = nil
  end)


  local function has_switches()
    kong.service = { set_retries = function(retries) calls[#calls + 1] = { "retries", retries } end }
    package.preload[RETRY] = function()
      return { set_proxy_next_upstream = function(conditions) calls[#calls + 1] = { "next_upstream", conditions[1] } end }
    end
  end


  local function start()
    local resend = require "kong.plugins.idempotency.resend"
    resend.init_worker()
    return resend
  end


  local function has_pool(size)
    kong.service = { set_retries = function() end }
    kong.configuration.upstream_keepalive_pool_size = size
  end


  local function sets(block, value)
    kong.configuration[block] = { { name = "proxy_next_upstream", value = value } }
  end


  it("turns retries and nginx's second attempt off for a request, where Kong can", function()
    has_switches()
    start().forbid()
    assert.same({ { "retries", 0 }, { "next_upstream", "off" } }, calls)
    assert.same({}, timers.log)
  end)


  describe("in a Kong without such a switch", function()
    local attempts, exited, failure

    before_each(function()
      attempts, exited, failure = {}, {}, nil
      kong.version_num = 3009001
      _G.ngx.ctx = { balancer_data = { tries = attempts } }
      _G.ngx.exit = function(status) exited[#exited + 1] = status end
      package.loaded["ngx.balancer"] = { get_last_failure = function() return "failed", failure end }
    end)


    after_each(function()
      package.loaded["ngx.balancer"] = nil
    end)


    it("does not warn", function()
      start()
      assert.same({}, timers.log)
    end)


    it("lets the first attempt pass and ends the request before the second", function()
      start().forbid()
      attempts[1] = { ip = "a" }
      assert.same({}, exited)
      attempts[2] = { ip = "b" }
      assert.same({ 502 }, exited)
      assert.same({ { ip = "a" }, { ip = "b" } }, attempts)
    end)


    it("ends it with the status of the first attempt's failure", function()
      for given, status in pairs({ [504] = 504, [502] = 502, [0] = 502, [404] = 502 }) do
        failure, exited = given, {}
        attempts = {}
        _G.ngx.ctx.balancer_data.tries = attempts
        start().forbid()
        attempts[1], attempts[2] = {}, {}
        assert.same({ status }, exited)
      end
    end)


    it("leaves requests alone that have no attempts", function()
      _G.ngx.ctx = {}
      start().forbid()
      assert.same({}, timers.log)
    end)
  end)


  it("never fails a request", function()
    kong.service = { set_retries = function() error("no balancer here") end }
    start().forbid()
    assert.truthy(timers.log[2]:find("no balancer here", 1, true))
  end)


  it("warns at the start where nothing prevents a second attempt", function()
    start().forbid()
    assert.equal(1, #timers.log)
    assert.truthy(timers.log[1]:find("nginx_proxy_proxy_next_upstream = off", 1, true))
  end)


  it("warns once, whatever the number of workers", function()
    timers.worker = 1
    start()
    assert.same({}, timers.log)
  end)


  it("does not warn on a control plane, which proxies nothing", function()
    kong.configuration.role = "control_plane"
    start()
    assert.same({}, timers.log)
  end)


  it("does not warn where nginx's configuration prevents it", function()
    for _, block in ipairs({ "nginx_proxy_directives", "nginx_http_directives", "nginx_location_directives" }) do
      timers = fakes.install()
      kong.configuration = {}
      sets(block, "off")
      start()
      assert.same({}, timers.log, block)
    end
  end)


  it("goes by the innermost block", function()
    sets("nginx_http_directives", "off")
    sets("nginx_proxy_directives", "error timeout")
    start()
    assert.equal(1, #timers.log)
  end)


  it("does not warn where no connection is kept alive", function()
    has_pool(0)
    start()
    assert.same({}, timers.log)
  end)


  it("warns where connections are kept alive", function()
    has_pool(512)
    start()
    assert.equal(1, #timers.log)
  end)
end)
