-- kong.ctx: `shared` is one table a request, `plugin` one table a request and plugin.

local get_request = require("resty.core.base").get_request

local SHARED, PLUGINS = {}, {}

local _M = {}


-- From here on `kong.ctx.plugin` belongs to `plugin`.
function _M.enter(ctx, plugin)
  ctx.plugin = plugin
end


function _M.new()
  return setmetatable({}, {
    __index = function(_, name)
      if not get_request() then
        return nil
      end

      local ctx = ngx.ctx
      if name == "shared" then
        local shared = ctx[SHARED]
        if not shared then
          shared = {}
          ctx[SHARED] = shared
        end

        return shared
      end

      local plugin = name == "plugin" and ctx.plugin
      if not plugin then
        return nil
      end

      local all = ctx[PLUGINS]
      if not all then
        all = {}
        ctx[PLUGINS] = all
      end

      local own = all[plugin]
      if not own then
        own = {}
        all[plugin] = own
      end

      return own
    end,
  })
end


return _M
