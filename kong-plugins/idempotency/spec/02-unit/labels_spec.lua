local fakes = require "spec.support.lua.fakes"


describe("labels", function()
  local timers, labels, found

  before_each(function()
    timers = fakes.install()
    found = {}
    kong.db = {
      routes = { select = function(_, key) return key.id == "r1" and { service = { id = "s1" } } or nil end },
      services = {
        select = function(_, key) return key.id == "s1" and { id = "s1", name = "orders" } or { id = key.id } end,
        each = function()
          local rows, i = { { id = "s1", name = "orders" }, { id = "s2" } }, 0
          return function()
            i = i + 1
            return rows[i]
          end
        end,
      },
    }
    labels = require "kong.plugins.idempotency.labels"
  end)


  local function each(...)
    labels.each({ ... }, function(name) found[#found + 1] = name end)
    if timers[1] then
      timers[1][2](false)
    end

    return found
  end


  it("are what the configurations say, without a look at the database", function()
    assert.same({ "member" }, each({ service = "member", route_id = "r1" }))
    assert.equal(0, #timers)
  end)


  it("are the service of the plugin or of its route", function()
    assert.same({ "orders", "s3" }, each({ route_id = "r1" }, { service_id = "s3" }))
  end)


  it("are all services for a global plugin", function()
    assert.same({ "orders", "s2" }, each({}))
  end)


  it("are none for a route without service", function()
    assert.same({}, each({ route_id = "r2" }))
  end)


  it("are none where there is no database", function()
    kong.db = nil
    assert.same({}, each({ route_id = "r1" }))
  end)


  it("are left to the first event where the database does not respond", function()
    kong.db.routes.select = function() error("connection refused") end
    assert.same({}, each({ route_id = "r1" }))
    assert.truthy(timers.log[1]:find("connection refused", 1, true))
  end)
end)
