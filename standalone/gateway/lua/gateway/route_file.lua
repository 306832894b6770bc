-- The route files: JSON, checked, then compiled. The platform's own is refused as a whole, with one sentence, when it has any
-- fault. Of the table of joined routes a row with a fault is skipped: nothing that one team writes stops another, or the
-- platform.

local cjson = require "cjson.safe"
local entities = require "gateway.entities"
local plugins = require "gateway.plugins"
local router = require "gateway.router"
local services_of = require "gateway.services"

local ipairs, next, pairs, tostring, type = ipairs, next, pairs, tostring, type

local AUTH = { public = true, optional = true, required = true }
local PATH_TYPES = { Exact = true, Prefix = true }

local ROOT_KEYS = { version = true, services = true, routes = true, closed_paths = true }
local ROUTE_KEYS = {
  name = true, hosts = true, paths = true, methods = true, service = true, auth = true, roles = true, cookies = true,
  bearer = true, joined = true, own_host = true, plugins = true,
}
local JOINED_KEYS = { version = true, rows = true, invalid = true, serials = true }

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


-- The roles as a set, nil when none is asked for; or nil and one sentence.
local function roles_of(where, given, auth)
  if given == nil or type(given) == "table" and next(given) == nil then
    return nil
  end

  if type(given) ~= "table" or auth ~= "required" then
    return nil, where .. " has roles, which are a list and need auth: required."
  end

  local roles = {}
  for _, role in ipairs(given) do
    if type(role) ~= "string" or not role:match("^[%w_-]+$") then
      return nil, where .. (" has a role '%s' that is not a name."):format(tostring(role))
    end

    roles[role] = true
  end

  return roles
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

  local service = services[given.service]
  if not service then
    return nil, where .. (" names a service '%s' that is not in the file."):format(tostring(given.service))
  end

  local auth = given.auth or "required"
  if not AUTH[auth] then
    return nil, where .. (" has an auth '%s': it is public, optional or required."):format(tostring(auth))
  end

  local roles, roles_err = roles_of(where, given.roles, auth)
  if roles_err then
    return nil, roles_err
  end

  local route = {
    name = given.name,
    hosts = given.hosts,
    paths = given.paths,
    methods = given.methods,
    service = service,
    trusts_identity = auth ~= "public",
    requires_identity = auth == "required",
    roles = roles,
    cookies = given.cookies == true,
    bearer = given.bearer ~= false,
    joined = given.joined == true,
    own_host = given.own_host == true,
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


-- Add `routes` to the router, all or none; nil and a sentence when one of them cannot be.
local function add_all(made, routes)
  for _, route in ipairs(routes) do
    local err = made:conflict_of(route)
    if err then
      return nil, err
    end
  end

  for _, route in ipairs(routes) do
    made:add(route)
  end

  return true
end


local function decode(text, what, keys)
  local given, err = cjson.decode(text)
  if type(given) ~= "table" then
    return nil, ("The %s is not JSON: %s."):format(what, err or "not an object")
  end

  local unknown = entities.unknown_key(given, keys)
  if unknown then
    return nil, ("The %s has an unknown field '%s'."):format(what, unknown)
  end

  if given.version ~= 1 then
    return nil, ("The %s's version is not 1."):format(what)
  end

  return given
end


local function compile_services(given)
  local services = {}
  for name, service in pairs(type(given) == "table" and given or {}) do
    local compiled, err = services_of.compile(name, service)
    if not compiled then
      return nil, err
    end

    services[name] = compiled
  end

  return services
end


local function compile_routes(given, services)
  local routes, names = {}, {}
  for i, item in ipairs(type(given) == "table" and given or {}) do
    local route, err = compile_route(item, services)
    if not route then
      return nil, err
    end

    if names[route.name] then
      return nil, ("Two routes are named '%s'."):format(route.name)
    end

    names[route.name] = true
    routes[i] = route
  end

  return routes
end


-- What the text of the platform's route file means ({ router, closed, chains }), or nil and one sentence.
function _M.compile(text)
  local given, err = decode(text, "route file", ROOT_KEYS)
  if not given then
    return nil, err
  end

  local services, services_err = compile_services(given.services)
  if not services then
    return nil, services_err
  end

  local routes, routes_err = compile_routes(given.routes, services)
  if not routes then
    return nil, routes_err
  end

  local made, chains = router.new(), {}
  for i, route in ipairs(routes) do
    chains[i] = route.chain
    local ok, router_err = add_all(made, { route })
    if not ok then
      return nil, router_err
    end
  end

  local closed, closed_err = check_closed(given.closed_paths or {})
  if not closed then
    return nil, closed_err
  end

  return { router = made, closed = closed, chains = chains }
end


-- The rows of the text of a table of joined routes, or nil and one sentence.
function _M.read_joined(text)
  local given, err = decode(text, "table of joined routes", JOINED_KEYS)
  if not given then
    return nil, err
  end

  if given.invalid ~= nil or type(given.rows) ~= "table" then
    return nil, tostring(given.invalid or "The table of joined routes has no rows.")
  end

  return given.rows
end


local function compile_row(row)
  if row.invalid ~= nil then
    return nil, tostring(row.invalid)
  end

  local services, err = compile_services { [row.name] = row.service }
  if not services then
    return nil, err
  end

  local routes, routes_err = compile_routes(row.routes, services)
  if not routes then
    return nil, routes_err
  end

  for _, route in ipairs(routes) do
    local has_no_host = not route.hosts or #route.hosts == 0
    if not route.joined or route.cookies or has_no_host ~= (row.any_host == true) then
      return nil, ("The route '%s' is not marked as joined, has no hosts, or asks for cookies."):format(route.name)
    end
  end

  return routes
end


-- Add joined rows to the compiled routes of the platform. Returns what is skipped: a list of { name, reason, detail }.
function _M.add_joined(compiled, rows)
  local skipped = {}
  for _, row in ipairs(rows) do
    local named = type(row) == "table" and type(row.name) == "string"
    local routes, err = nil, "A row has no name."
    local reason = "invalid"
    if named then
      routes, err = compile_row(row)
    end

    if routes then
      local ok
      ok, err = add_all(compiled.router, routes)
      reason = not ok and "conflict" or nil
      for _, route in ipairs(ok and routes or {}) do
        compiled.chains[#compiled.chains + 1] = route.chain
      end
    end

    if reason then
      skipped[#skipped + 1] = { name = named and row.name or "?", reason = reason, detail = err }
    end
  end

  return skipped
end


return _M
