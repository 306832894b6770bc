-- The route file: JSON, checked as a whole, then compiled. A file with any fault is refused with one sentence.

local cjson = require "cjson.safe"
local entities = require "gateway.entities"
local plugins = require "gateway.plugins"
local router = require "gateway.router"
local services_of = require "gateway.services"

local ipairs, pairs, type = ipairs, pairs, type

local AUTH = { public = true, optional = true, required = true }
local PATH_TYPES = { Exact = true, Prefix = true }

local ROOT_KEYS = { version = true, services = true, routes = true, closed_paths = true }
local ROUTE_KEYS = {
  name = true, hosts = true, paths = true, methods = true, service = true, auth = true, cookies = true, bearer = true,
  plugins = true, closed = true,
}

-- What a route that refuses requests has.
local CLOSED_ROUTE_KEYS = { name = true, hosts = true, paths = true, methods = true, closed = true }

local _M = {}


local function check_paths(where, paths)
  if type(paths) ~= "table" or #paths == 0 then
    return nil, where .. " has no paths."
  end

  for _, path in ipairs(paths) do
    if type(path) ~= "table" or type(path.path) ~= "string" or path.path:sub(1, 1) ~= "/" then
      return nil, where .. " has a path that does not begin with a slash."
    end

    if path.path:find("//", 1, true) or path.path:find("[%%;?#%s]") or path.path:find("/%.%.?/") then
      return nil, where .. (" has a path '%s' that is not in normal form."):format(path.path)
    end

    if not PATH_TYPES[path.type] then
      return nil, where .. (" has a path '%s' whose type is neither Exact nor Prefix."):format(path.path)
    end
  end

  return true
end


local function compile_route(given, services)
  if type(given) ~= "table" or type(given.name) ~= "string" or given.name == "" then
    return nil, "A route has no name."
  end

  local where = ("The route '%s'"):format(given.name)
  local unknown = entities.unknown_key(given, ROUTE_KEYS)
  if unknown then
    return nil, where .. (" has an unknown field '%s'."):format(unknown)
  end

  local ok, err = check_paths(where, given.paths)
  if not ok then
    return nil, err
  end

  if type(given.methods) ~= "table" or #given.methods == 0 then
    return nil, where .. " has no methods: Kong ranks routes by their fields, so each carries a list."
  end

  for _, method in ipairs(given.methods) do
    if type(method) ~= "string" or not method:match("^%u+$") then
      return nil, where .. (" has a method '%s' that is not in upper case."):format(tostring(method))
    end
  end

  for _, host in ipairs(given.hosts or {}) do
    if type(host) ~= "string" or not host:match("^[%w%.%-]+$") then
      return nil, where .. (" has a host '%s' that is not a name."):format(tostring(host))
    end
  end

  if given.closed then
    local field = entities.unknown_key(given, CLOSED_ROUTE_KEYS)
    if field then
      return nil, where .. (" is closed, so it has no '%s'."):format(field)
    end

    return { name = given.name, hosts = given.hosts, paths = given.paths, methods = given.methods, closed = true }
  end

  local service = services[given.service]
  if not service then
    return nil, where .. (" names a service '%s' that is not in the file."):format(tostring(given.service))
  end

  local auth = given.auth or "required"
  if not AUTH[auth] then
    return nil, where .. (" has an auth '%s': it is public, optional or required."):format(tostring(auth))
  end

  local route = {
    name = given.name,
    hosts = given.hosts,
    paths = given.paths,
    methods = given.methods,
    service = service,
    trusts_identity = auth ~= "public",
    cookies = given.cookies == true,
    bearer = given.bearer ~= false,
  }

  local paths = {}
  for i, path in ipairs(given.paths) do
    paths[i] = path.path
  end

  route.entity = {
    id = entities.id("route", given.name),
    name = given.name,
    hosts = given.hosts,
    paths = paths,
    methods = given.methods,
    protocols = { "http", "https" },
    strip_path = false,
    preserve_host = true,
    service = { id = service.entity.id },
  }

  local chain, chain_err = plugins.chain(given.plugins or {}, route)
  if not chain then
    return nil, chain_err
  end

  route.chain = chain
  return route
end


local function check_closed(paths)
  for _, path in ipairs(paths) do
    if type(path) ~= "string" or path:sub(1, 1) ~= "/" then
      return nil, "A closed path does not begin with a slash."
    end
  end

  return paths
end


-- What the text of a route file means ({ router, closed, chains }), or nil and one sentence.
function _M.compile(text)
  local given, err = cjson.decode(text)
  if type(given) ~= "table" then
    return nil, ("The route file is not JSON: %s."):format(err or "not an object")
  end

  local unknown = entities.unknown_key(given, ROOT_KEYS)
  if unknown then
    return nil, ("The route file has an unknown field '%s'."):format(unknown)
  end

  if given.version ~= 1 then
    return nil, "The route file's version is not 1."
  end

  local services = {}
  for name, service in pairs(type(given.services) == "table" and given.services or {}) do
    local compiled, service_err = services_of.compile(name, service)
    if not compiled then
      return nil, service_err
    end

    services[name] = compiled
  end

  local routes, names, chains = {}, {}, {}
  for i, item in ipairs(type(given.routes) == "table" and given.routes or {}) do
    local route, route_err = compile_route(item, services)
    if not route then
      return nil, route_err
    end

    if names[route.name] then
      return nil, ("Two routes are named '%s'."):format(route.name)
    end

    names[route.name] = true
    chains[#chains + 1] = route.chain
    routes[i] = route
  end

  local made, router_err = router.new(routes)
  if not made then
    return nil, router_err
  end

  local closed, closed_err = check_closed(given.closed_paths or {})
  if not closed then
    return nil, closed_err
  end

  return { router = made, closed = closed, chains = chains }
end


return _M
