-- Keeps the workers' routes in step with the route file. The first worker looks at the file; what it accepts goes through
-- shared memory to all. A file with a fault changes nothing but the error log. Requests under way keep their routes.

local plugins = require "gateway.plugins"
local route_file = require "gateway.route_file"

local LOOK_EVERY = 1

local _M = {}

local path
local current
local seen_version = 0
local refused_text


local function read()
  local file, err = io.open(path, "rb")
  if not file then
    return nil, err
  end

  local text = file:read("*a")
  file:close()
  return text
end


-- In the init phase: the master compiles once, the workers inherit. Raises the sentence that says what is wrong.
function _M.init(routes_path)
  path = routes_path

  local text, err = read()
  if not text then
    error("The route file cannot be read: " .. err .. ".", 0)
  end

  local compiled, compile_err = route_file.compile(text)
  if not compiled then
    error(compile_err, 0)
  end

  current = compiled
  local shared = ngx.shared.gateway_routes
  shared:set("text", text)
  seen_version = shared:incr("version", 1, 0)
end


-- The routes in force.
function _M.current()
  return current
end


local function put_in_force(compiled)
  current = compiled
  plugins.configure(compiled.chains)
end


local function adopt(version)
  local text = ngx.shared.gateway_routes:get("text")
  local compiled, err = route_file.compile(text)
  if not compiled then
    ngx.log(ngx.ERR, "the routes of version ", version, " were accepted by one worker only: ", err)
    return
  end

  put_in_force(compiled)
  seen_version = version
end


local function look_at_file()
  local text, err = read()
  if not text then
    if refused_text ~= "" then
      refused_text = ""
      ngx.log(ngx.ERR, "the route file cannot be read, the old routes stay: ", err)
    end

    return
  end

  local shared = ngx.shared.gateway_routes
  if text == shared:get("text") or text == refused_text then
    return
  end

  local compiled, compile_err = route_file.compile(text)
  if not compiled then
    refused_text = text
    ngx.log(ngx.ERR, "the route file is refused, the old routes stay: ", compile_err)
    return
  end

  refused_text = nil
  put_in_force(compiled)
  shared:set("text", text)
  seen_version = shared:incr("version", 1, 0)
  ngx.log(ngx.NOTICE, "new routes are in force, version ", seen_version)
end


local function look(premature)
  if premature then
    return
  end

  if ngx.worker.id() == 0 then
    look_at_file()
  end

  local version = ngx.shared.gateway_routes:get("version")
  if version ~= seen_version then
    adopt(version)
  end
end


function _M.init_worker()
  plugins.configure(current.chains)

  local ok, err = ngx.timer.every(LOOK_EVERY, look)
  if not ok then
    ngx.log(ngx.ERR, "the route file is not watched: ", err)
  end
end


return _M
