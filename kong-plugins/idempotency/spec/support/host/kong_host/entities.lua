-- Routes and services as Kong's entities, which its functions hand out.

local ipairs = ipairs

local _M = {}


-- Kong's entities have UUIDs: made of the name, so that they stay the same over reloads.
local function make_id(kind, name)
  local hex = ngx.md5(kind .. ":" .. name)
  return ("%s-%s-%s-%s-%s"):format(hex:sub(1, 8), hex:sub(9, 12), hex:sub(13, 16), hex:sub(17, 20), hex:sub(21, 32))
end


local function describe_service(service)
  local first = service.upstreams[1]
  return {
    id = make_id("service", service.name),
    name = service.name,
    protocol = "http",
    host = first.host,
    port = first.port,
    retries = 0,
    connect_timeout = service.connect_timeout_ms,
    write_timeout = service.send_timeout_ms,
    read_timeout = service.read_timeout_ms,
    enabled = true,
  }
end


-- Give a route and its service their entities.
function _M.describe(route)
  local service = route.service
  service.entity = service.entity or describe_service(service)

  local paths = {}
  for i, path in ipairs(route.paths) do
    paths[i] = path.path
  end

  route.entity = {
    id = make_id("route", route.name),
    name = route.name,
    hosts = route.hosts,
    paths = paths,
    methods = route.methods,
    protocols = { "http", "https" },
    strip_path = false,
    preserve_host = true,
    service = { id = service.entity.id },
  }
end


return _M
