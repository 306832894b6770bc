-- What runs at a route besides proxying, by the module that this process was started with: `gateway.idempotency`, or one with
-- the same functions (the host of Kong's plugins in the plugin's specs).

local pairs, require = pairs, require

local _M = {}


-- Take the functions of the module `name`.
function _M.use(name)
  for key, value in pairs(require(name)) do
    _M[key] = value
  end
end


return _M
