-- A keyed request goes to the service once. nginx itself sends a request again when a connection breaks: as often as
-- `retries` says, and once more over a fresh connection when the broken one was kept alive. It excepts POST and PATCH,
-- but not PUT and DELETE, although the service may have acted on them.

local kong = kong
local ipairs = ipairs
local ngx = ngx
local pcall = pcall
local rawset = rawset
local require = require
local setmetatable = setmetatable
local type = type

local OFF = { "off" }
local BAD_GATEWAY = 502

-- Kong has a switch for a single request since this version
local FIRST_WITH_SWITCH = 30010000 -- 3.10.0 as kong.version_num says it

-- from the innermost block of nginx's configuration outwards: the first that has the directive counts
local BLOCKS = { "nginx_location_directives", "nginx_proxy_directives", "nginx_http_directives" }

local _M = {}

local set_retries
local set_next_upstream
local last_failure


local function member(name, field)
  local found, module = pcall(require, name)
  return found and type(module) == "table" and module[field] or nil
end


-- Kong 3.10 and later can turn it off for a request
local function find_switches()
  set_retries = kong.service and kong.service.set_retries
  set_next_upstream = member("kong.runloop.upstream_retry", "set_proxy_next_upstream")
  last_failure = member("ngx.balancer", "get_last_failure")
end


-- What an earlier Kong writes its attempts to send a request into: the second ends the request before it is sent,
-- with the status of the first one's failure.
local ONE_ATTEMPT = {
  __newindex = function(attempts, number, attempt)
    rawset(attempts, number, attempt)
    if number == 1 then
      return
    end

    local _, status
    if last_failure then
      _, status = last_failure()
    end

    ngx.exit(status and status > BAD_GATEWAY and status or BAD_GATEWAY)
  end,
}


local function allow_one_attempt()
  local balancer_data = ngx.ctx.balancer_data
  if balancer_data and type(balancer_data.tries) == "table" then
    setmetatable(balancer_data.tries, ONE_ATTEMPT)
  end
end


local function is_off(configuration)
  for _, block in ipairs(BLOCKS) do
    for _, directive in ipairs(configuration[block] or {}) do
      if directive.name == "proxy_next_upstream" then
        return directive.value == "off"
      end
    end
  end

  return configuration.upstream_keepalive_pool_size == 0 and set_retries ~= nil
end


--- Finds out, once a worker, what this Kong can do against resending, and warns where that is not enough.
function _M.init_worker()
  find_switches()
  local configuration = kong.configuration
  local is_proxy = configuration.role ~= "control_plane"
  local is_prevented = set_next_upstream or (kong.version_num or FIRST_WITH_SWITCH) < FIRST_WITH_SWITCH
  if is_prevented or not is_proxy or ngx.worker.id() ~= 0 or is_off(configuration) then
    return
  end

  kong.log.warn("a keyed PUT or DELETE can reach the service twice in this Kong: ",
                "set nginx_proxy_proxy_next_upstream = off in kong.conf")
end


local function forbid()
  if set_retries then
    set_retries(0)
  end

  if set_next_upstream then
    set_next_upstream(OFF)
  else
    allow_one_attempt()
  end
end


--- Forbids nginx to send the request at hand again.
function _M.forbid()
  local ok, err = pcall(forbid)
  if not ok then
    kong.log.err("the request may be sent again when its connection breaks: ", err)
  end
end


return _M
