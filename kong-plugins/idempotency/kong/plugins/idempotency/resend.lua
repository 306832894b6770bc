-- A keyed request goes to the service once. nginx itself sends a request again when a connection breaks: as often as
-- `retries` says, and once more over a fresh connection when the broken one was kept alive. It excepts POST and PATCH,
-- but not PUT and DELETE, although the service may have acted on them.

local kong = kong
local ipairs = ipairs
local ngx = ngx
local pcall = pcall
local require = require
local type = type

local OFF = { "off" }

-- from the innermost block of nginx's configuration outwards: the first that has the directive counts
local BLOCKS = { "nginx_location_directives", "nginx_proxy_directives", "nginx_http_directives" }

local _M = {}

local set_retries
local set_next_upstream


-- Kong 3.10 and later can turn it off for a request
local function find_switches()
  set_retries = kong.service and kong.service.set_retries
  local found, module = pcall(require, "kong.runloop.upstream_retry")
  set_next_upstream = found and type(module) == "table" and module.set_proxy_next_upstream or nil
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
  if set_next_upstream or not is_proxy or ngx.worker.id() ~= 0 or is_off(configuration) then
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
