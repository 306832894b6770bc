-- Picks a route: among those with a matching host, else among those without one, the best path decides, exact before the
-- longest prefix. A method that no route of that path has is no one's: no wider path takes it, because the edge has asked
-- auth what the best path asks.

local byte, find, sub = string.byte, string.find, string.sub

local SLASH = 47

local _M = {}
_M.__index = _M


local function new_level()
  return { exact = {}, prefixes = {}, depth = 0 }
end


local function elements(path)
  local count = 0
  for _ in path:gmatch("[^/]+") do
    count = count + 1
  end

  return count
end


-- "/static/" and "/static" are the same prefix: both mean the element and all below it.
local function place_of(level, path)
  if path.type == "Exact" then
    return level.exact, path.path
  end

  return level.prefixes, (path.path:gsub("/+$", ""))
end


local function conflict(paths, path, route)
  for _, method in ipairs(route.methods) do
    local other = paths[path] and paths[path][method]
    if other and other ~= route then
      return ("The routes '%s' and '%s' both match %s %s."):format(other.name, route.name, method, path)
    end
  end

  return nil
end


local function claim(level, path, route)
  local paths, element = place_of(level, path)
  local by_method = paths[element] or {}
  paths[element] = by_method
  for _, method in ipairs(route.methods) do
    by_method[method] = route
  end

  if paths == level.prefixes then
    level.depth = math.max(level.depth, elements(element))
  end
end


function _M:levels_of(route)
  local levels = {}
  for _, host in ipairs(route.hosts or {}) do
    host = host:lower()
    self.hosts[host] = self.hosts[host] or new_level()
    levels[#levels + 1] = self.hosts[host]
  end

  return #levels > 0 and levels or { self.any }
end


function _M.new()
  return setmetatable({ any = new_level(), hosts = {} }, _M)
end


-- Why `route` ({ name, hosts?, paths = { { path, type } }, methods }) cannot be added: another one matches the same request
-- equally well. nil when it can be.
function _M:conflict_of(route)
  for _, level in ipairs(self:levels_of(route)) do
    for _, path in ipairs(route.paths) do
      local paths, element = place_of(level, path)
      local err = conflict(paths, element, route)
      if err then
        return err
      end
    end
  end

  return nil
end


-- Add a route that has no conflict.
function _M:add(route)
  for _, level in ipairs(self:levels_of(route)) do
    for _, path in ipairs(route.paths) do
      claim(level, path, route)
    end
  end
end


-- Ends of the first `limit` elements of `path`, shortest first.
local function prefix_ends(path, limit)
  local ends, count, from = {}, 0, 2

  while count < limit do
    local slash = find(path, "/", from, true)
    if not slash then
      if from <= #path then
        count = count + 1
        ends[count] = #path
      end

      break
    end

    count = count + 1
    ends[count] = slash - 1
    from = slash + 1
  end

  return ends, count
end


local function best_of(level, path)
  local by_method = level.exact[path]
  if by_method then
    return by_method
  end

  local ends, count = prefix_ends(path, level.depth)
  for i = count, 1, -1 do
    by_method = level.prefixes[sub(path, 1, ends[i])]
    if by_method then
      return by_method
    end
  end

  return level.prefixes[""]
end


local function allow_of(by_method)
  local methods = {}
  for method in pairs(by_method) do
    methods[#methods + 1] = method
  end

  table.sort(methods)
  return table.concat(methods, ", ")
end


-- The route for a request; or nil and, where the path exists with other methods, these, as `Allow` has them. `path` is in
-- normal form; `host` has no port.
function _M:match(method, path, host)
  if byte(path, 1) ~= SLASH then
    return nil
  end

  local level = host and self.hosts[host]
  local by_method = level and best_of(level, path) or best_of(self.any, path)
  if not by_method then
    return nil
  end

  local route = by_method[method]
  if route then
    return route
  end

  return nil, allow_of(by_method)
end


return _M
