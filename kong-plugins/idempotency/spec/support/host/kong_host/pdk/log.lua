-- kong.log: one line in nginx's error log, after the plugin's name.

local get_request = require("resty.core.base").get_request
local phases = require "kong_host.pdk.phases"

local LEVELS = {
  debug = ngx.DEBUG,
  info = ngx.INFO,
  notice = ngx.NOTICE,
  warn = ngx.WARN,
  err = ngx.ERR,
  crit = ngx.CRIT,
  alert = ngx.ALERT,
  emerg = ngx.EMERG,
}

local MODES = { set = true, add = true, replace = true }

local _M = {}


local function prefix()
  local plugin = get_request() and ngx.ctx.plugin
  return plugin and "[" .. plugin.name .. "] " or "[gateway] "
end


-- Remember a value for the access log. `set` always, `add` only when it is new, `replace` only when it is not.
local function set_serialize_value(key, value, options)
  phases.check(phases.REQUEST)

  if type(key) ~= "string" then
    error("key must be a string", 2)
  end

  local mode = options and options.mode or "set"
  if not MODES[mode] then
    error("mode must be 'set', 'add' or 'replace'", 2)
  end

  local kind = type(value)
  if value ~= nil and kind ~= "string" and kind ~= "number" and kind ~= "boolean" and kind ~= "table" then
    error("value must be nil, a number, string, boolean or a table of them", 2)
  end

  local ctx = ngx.ctx
  local values = ctx.serialize_values
  if not values then
    values = {}
    ctx.serialize_values = values
  end

  local known = values[key] ~= nil
  if mode == "set" or (mode == "add" and not known) or (mode == "replace" and known) then
    values[key] = value
  end
end


function _M.new()
  local log = { set_serialize_value = set_serialize_value }

  for name, level in pairs(LEVELS) do
    log[name] = function(...)
      return ngx.log(level, prefix(), ...)
    end
  end

  return setmetatable(log, {
    __call = function(_, ...)
      return ngx.log(ngx.NOTICE, prefix(), ...)
    end,
  })
end


return _M
