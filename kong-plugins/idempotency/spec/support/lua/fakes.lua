-- Stand-ins for nginx and Kong, for specs of modules that ask them for little.

local _M = {}


--- A shared dictionary in memory.
function _M.dictionary()
  local values = {}

  return {
    incr = function(_, key, step, initial)
      values[key] = (values[key] or initial) + step
      return values[key]
    end,
    get = function(_, key)
      return values[key]
    end,
    get_keys = function()
      local keys = {}
      for key in pairs(values) do
        keys[#keys + 1] = key
      end

      return keys
    end,
  }
end


--- What a socket sends: strings, or nested tables of them.
function _M.flat(text)
  if type(text) ~= "table" then
    return text
  end

  local parts = {}
  for i = 1, #text do
    parts[i] = _M.flat(text[i])
  end

  return table.concat(parts)
end


--- Sets the globals `ngx` and `kong` and forgets the plugin's loaded modules, so that the next `require` sees them.
-- @treturn table the timers that were asked for, as { delay, callback, arguments… }; log lines in `log`; `ngx.time` is
--   `time`, `ngx.worker.id` is `worker`
function _M.install()
  local timers = { log = {}, worker = 0 }

  local function log(...)
    timers.log[#timers.log + 1] = table.concat({ ... })
  end

  _G.ngx = {
    null = {},
    ERR = "err",
    log = function(_, ...) log(...) end,
    now = os.clock,
    time = function() return timers.time end,
    worker = { id = function() return timers.worker end },
    shared = {},
    socket = {},
    timer = {
      at = function(delay, callback, ...)
        timers[#timers + 1] = { delay, callback, ... }
        return not timers.refused, timers.refused and "too many pending timers" or nil
      end,
    },
  }
  _G.kong = { log = { err = log, warn = log } }

  package.loaded["ngx.semaphore"] = {
    new = function()
      return { post = function() end, wait = function() return true end }
    end,
  }

  for name in pairs(package.loaded) do
    if name:find("kong.plugins.idempotency", 1, true) then
      package.loaded[name] = nil
    end
  end

  require("kong.plugins.idempotency.adapter").install({ log_error = log, log_warning = log })
  return timers
end


return _M
