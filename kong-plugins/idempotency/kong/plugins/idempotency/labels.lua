-- The services that a configuration of the plugin is for, by the names that counters have.

local ipairs = ipairs
local kong = kong
local ngx = ngx
local null = ngx.null
local pcall = pcall

local _M = {}


local function id_of(conf)
  if conf.service_id then
    return conf.service_id
  end

  local route = kong.db.routes:select({ id = conf.route_id })
  return route and route.service and route.service ~= null and route.service.id
end


local function look_up(conf, found)
  if not (conf.service_id or conf.route_id) then
    for service in kong.db.services:each() do
      found(service.name or service.id)
    end

    return
  end

  local id = id_of(conf)
  local service = id and kong.db.services:select({ id = id })
  if service then
    found(service.name or service.id)
  end
end


--- Calls `found` with the name of each service that these configurations are for: at once where they say it, by a timer
-- where Kong's database has to be asked.
function _M.each(configs, found)
  local unnamed = {}
  for _, conf in ipairs(configs) do
    if conf.service then
      found(conf.service)
    elseif kong.db then
      unnamed[#unnamed + 1] = conf
    end
  end

  if #unnamed == 0 then
    return
  end

  ngx.timer.at(0, function()
    for _, conf in ipairs(unnamed) do
      local ok, err = pcall(look_up, conf, found)
      if not ok then
        ngx.log(ngx.WARN, "[idempotency] counters begin with their first event: ", err)
        return
      end
    end
  end)
end


return _M
