-- Picks a route as Kong would for routes that carry a path, a method list and perhaps hosts: a route with a matching host
-- wins over one without, an exact path over a prefix, a longer prefix over a shorter; a route whose methods do not fit does
-- not match, so that the next best may.

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


local function claim(paths, path, route)
  local by_method = paths[path] or {}
  paths[path] = by_method

  for _, method in ipairs(route.methods) do
    local other = by_method[method]
    if other then
      return nil, ("The routes '%s' and '%s' both match %s %s."):format(other.name, route.name, method, path)
    end

    by_method[method] = route
  end

  return true
end


local function add(level, route)
  for _, path in ipairs(route.paths) do
    local ok, err
    if path.type == "Exact" then
      ok, err = claim(level.exact, path.path, route)

    else
      -- "/static/" and "/static" are the same prefix: both mean the element and all below it
      local prefix = path.path:gsub("/+$", "")
      ok, err = claim(level.prefixes, prefix, route)
      level.depth = math.max(level.depth, elements(prefix))
    end

    if not ok then
      return nil, err
    end
  end

  return true
end


-- A router over `routes` ({ name, hosts?, paths = { { path, type } }, methods }); nil and a sentence when two routes match
-- the same request equally well.
function _M.new(routes)
  local self = setmetatable({ any = new_level(), hosts = {} }, _M)

  for _, route in ipairs(routes) do
    local levels = {}
    for _, host in ipairs(route.hosts or {}) do
      host = host:lower()
      self.hosts[host] = self.hosts[host] or new_level()
      levels[#levels + 1] = self.hosts[host]
    end

    if #levels == 0 then
      levels[1] = self.any
    end

    for _, level in ipairs(levels) do
      local ok, err = add(level, route)
      if not ok then
        return nil, err
      end
    end
  end

  return self
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


local function match_level(level, method, path)
  local by_method = level.exact[path]
  if by_method and by_method[method] then
    return by_method[method]
  end

  local ends, count = prefix_ends(path, level.depth)
  for i = count, 1, -1 do
    by_method = level.prefixes[sub(path, 1, ends[i])]
    if by_method and by_method[method] then
      return by_method[method]
    end
  end

  by_method = level.prefixes[""]
  return by_method and by_method[method]
end


-- The route for a request, or nil. `path` is in normal form; `host` has no port.
function _M:match(method, path, host)
  if byte(path, 1) ~= SLASH then
    return nil
  end

  local level = host and self.hosts[host]
  return level and match_level(level, method, path) or match_level(self.any, method, path)
end


return _M
