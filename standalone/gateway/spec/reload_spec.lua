local cjson = require "cjson.safe"

-- Shared memory whose every write lets `at_each_write` look.
local function shared_memory()
  local values, memory = {}, {}

  function memory.get(_, key)
    return values[key]
  end

  function memory.set(_, key, value)
    values[key] = value
    memory.at_each_write()
    return true
  end

  function memory.incr(_, key, by, initial)
    values[key] = (values[key] or initial) + by
    memory.at_each_write()
    return values[key]
  end

  memory.at_each_write = function() end
  return memory
end


describe("the report on joined tables", function()
  local saved_ngx, loaded, memory, reload, look, folder

  local function write(name, text)
    local file = assert(io.open(folder .. name, "w"))
    file:write(text)
    file:close()
  end

  local function write_table(serial)
    write("joined.json", '{"version":1,"serials":{"0":' .. serial .. '},"rows":[]}')
  end

  before_each(function()
    saved_ngx, loaded, memory = _G.ngx, {}, shared_memory()
    for name, module in pairs {
      ["gateway.metrics"] = { init = function() end, count_skipped = function() end },
      ["gateway.plugins"] = { configure = function() end },
      ["gateway.route_file"] = {
        compile = function() return { chains = {} } end,
        read_joined = function(text) return cjson.decode(text) end,
        add_joined = function() return {} end,
      },
    } do
      loaded[name], package.loaded[name] = package.loaded[name] or false, module
    end

    _G.ngx = {
      shared = { gateway_routes = memory },
      worker = { id = function() return 0 end, count = function() return 1 end },
      timer = { every = function(_, callback) look = callback return true end },
      log = function() end,
    }
    package.loaded["gateway.reload"] = nil
    reload = require "gateway.reload"

    folder = os.tmpname()
    os.remove(folder)
    folder = folder .. "-"
    write("routes.json", "{}")
    write_table(1)
    reload.init(folder .. "routes.json", folder .. "joined.json")
    reload.init_worker()
  end)

  after_each(function()
    os.remove(folder .. "routes.json")
    os.remove(folder .. "joined.json")
    package.loaded["gateway.reload"] = nil
    for name, module in pairs(loaded) do
      package.loaded[name] = module or nil
    end

    _G.ngx = saved_ngx
  end)

  it("never names a table as followed before every worker follows it", function()
    local early = 0
    memory.at_each_write = function()
      local report = cjson.decode(reload.joined_status())
      local follows = memory:get("version") == 2 and memory:get("seen:0") == 2
      if report.followed and report.serials["0"] == 2 and not follows then
        early = early + 1
      end
    end

    write_table(2)
    look(false)

    assert.equal(0, early)
    assert.same({ followed = true, serials = { ["0"] = 2 }, skipped = {} }, cjson.decode(reload.joined_status()))
  end)
end)
