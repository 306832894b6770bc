-- Kong plugins: loads a handler and its schema, and runs the phases of a route's plugins in Kong's order.

local entities = require "kong_host.entities"
local pdk = require "kong_host.pdk.init"
local pdk_ctx = require "kong_host.pdk.ctx"
local schema = require "kong_host.schema"

local ipairs, pairs, pcall, require, sort = ipairs, pairs, pcall, require, table.sort

-- The phases that come after access; a plugin is in them as soon as its route is known.
local LATER = { "response", "header_filter", "body_filter", "log" }

local FILTERS = { "header_filter", "body_filter" }

local _M = {}

local loaded = {}
local workers_run = false


local function start(plugin)
  if not plugin.handler.init_worker then
    return
  end

  local ok, err = pcall(plugin.handler.init_worker, plugin.handler)
  if not ok then
    ngx.log(ngx.ERR, "init_worker of the plugin '", plugin.name, "' failed: ", err)
  end
end


-- Plugins keep a reference to `kong` when they are loaded, so this comes first.
function _M.init(options)
  pdk.install(options.next_upstream)
end


-- The plugin `name` ({ name, handler, schema }); nil and a sentence when it cannot be hosted.
function _M.load(name)
  if loaded[name] then
    return loaded[name]
  end

  if not name:match("^[%w%-_]+$") then
    return nil, ("'%s' is not a plugin's name."):format(name)
  end

  local ok, handler = pcall(require, "kong.plugins." .. name .. ".handler")
  if not ok then
    return nil, ("The plugin '%s' cannot be loaded: %s"):format(name, (handler:gsub("\n.*", "")))
  end

  local ok_schema, definition = pcall(require, "kong.plugins." .. name .. ".schema")
  if not ok_schema then
    return nil, ("The schema of the plugin '%s' cannot be loaded: %s"):format(name, (definition:gsub("\n.*", "")))
  end

  if handler.response and (handler.header_filter or handler.body_filter) then
    return nil, ("The plugin '%s' has a response phase, so it may have neither header_filter nor body_filter."):format(name)
  end

  local priority, version = handler.PRIORITY, handler.VERSION
  if type(priority) ~= "number" or priority % 1 ~= 0 then
    return nil, ("The plugin '%s' needs an integer PRIORITY."):format(name)
  end

  if type(version) ~= "string" or not version:match("^%d+%.%d+%.%d+$") then
    return nil, ("The plugin '%s' needs a VERSION like 1.2.3."):format(name)
  end

  local plugin = { name = name, handler = handler, schema = definition }
  loaded[name] = plugin
  if workers_run then
    start(plugin)
  end

  return plugin
end


-- The chain of a route: its plugins by priority, with their checked configurations, and which phases they have.
function _M.chain(wanted, route)
  entities.describe(route)
  local chain = { configure = {}, access = {}, buffers = false }
  for _, phase in ipairs(LATER) do
    chain[phase] = {}
  end

  local entries = {}
  for i, item in ipairs(wanted) do
    local plugin, err = _M.load(item.name)
    if not plugin then
      return nil, err
    end

    local config, config_err = schema.config(plugin.schema, item.config)
    if not config then
      return nil, ("The plugin '%s' of the route '%s' is not configured right: %s."):format(item.name, route.name, config_err)
    end

    config.route_id = route.entity.id
    config.__plugin_id = route.entity.id .. ":" .. item.name
    entries[i] = { plugin = plugin, config = config }
  end

  sort(entries, function(a, b)
    local left, right = a.plugin.handler.PRIORITY, b.plugin.handler.PRIORITY
    if left ~= right then
      return left > right
    end

    return a.plugin.name < b.plugin.name
  end)

  for _, entry in ipairs(entries) do
    for phase, list in pairs(chain) do
      if type(list) == "table" and entry.plugin.handler[phase] then
        list[#list + 1] = entry
      end
    end
  end

  chain.buffers = #chain.response > 0
  for _, phase in ipairs(FILTERS) do
    chain[phase] = chain[phase][1] and chain[phase]
  end

  return chain
end


-- The access phase; false when a plugin failed, which answers 500. An `exit` ends the request there and then, so the plugins
-- that follow are skipped. Kong gives each handler a coroutine to leave it by; here `ngx.exit` leaves it, through any pcall.
function _M.run_access(chain, ctx)
  for _, entry in ipairs(chain.access) do
    pdk_ctx.enter(ctx, entry.plugin)
    local ok, err = pcall(entry.plugin.handler.access, entry.plugin.handler, entry.config)
    if not ok then
      kong.log.err(err)
      ctx.unexpected = true
      return false
    end
  end

  return true
end


-- A later phase. Errors are not caught, as in Kong: in `response` they turn the answer into a 500.
function _M.run(chain, phase, ctx)
  for _, entry in ipairs(chain[phase]) do
    pdk_ctx.enter(ctx, entry.plugin)
    entry.plugin.handler[phase](entry.plugin.handler, entry.config)
  end
end


-- What the loaded plugins count, as Prometheus text: a plugin may have a module `metrics` with a function `text`.
function _M.metrics()
  local texts = {}
  for name in pairs(loaded) do
    local ok, module = pcall(require, "kong.plugins." .. name .. ".metrics")
    if ok and type(module) == "table" and type(rawget(module, "text")) == "function" then
      local collected, text = pcall(module.text)
      if collected then
        texts[#texts + 1] = text
      else
        ngx.log(ngx.ERR, "the metrics of the plugin '", name, "' cannot be collected: ", text)
      end
    end
  end

  return texts
end


-- Tell the plugins their configurations in `chains`, at the start and when the routes have changed.
function _M.configure(chains)
  local configs = {}
  for _, chain in ipairs(chains) do
    for _, entry in ipairs(chain.configure) do
      local of_plugin = configs[entry.plugin] or {}
      configs[entry.plugin] = of_plugin
      of_plugin[#of_plugin + 1] = entry.config
    end
  end

  for plugin, of_plugin in pairs(configs) do
    local ok, err = pcall(plugin.handler.configure, plugin.handler, of_plugin)
    if not ok then
      ngx.log(ngx.ERR, "configure of the plugin '", plugin.name, "' failed: ", err)
    end
  end
end


-- Once a worker, for every plugin that is loaded by now; those of later routes follow when they are loaded.
function _M.init_worker()
  workers_run = true
  for _, plugin in pairs(loaded) do
    start(plugin)
  end
end


return _M
