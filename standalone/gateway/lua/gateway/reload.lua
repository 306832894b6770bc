-- Keeps the workers' routes in step with the route files: the platform's own, and the table of joined routes. The first
-- worker looks at the files; what it accepts goes through shared memory to all. A file with a fault changes nothing but the
-- error log and the metrics, and neither file holds the other up. Requests under way keep their routes.

local cjson = require "cjson.safe"
local metrics = require "gateway.metrics"
local plugins = require "gateway.plugins"
local route_file = require "gateway.route_file"

local LOOK_EVERY = 1
local NO_JOINED = '{"version":1,"rows":[]}'

local _M = {}

-- `text`: the one in force. `refused`: the one that was logged as wrong; empty when the file cannot be read.
local own = { key = "text", what = "the route file" }
local joined = { key = "joined", what = "the table of joined routes", text = NO_JOINED }

local current
local seen_version = 0
-- By row, why it is skipped: logged and counted once.
local known_skips = {}


local function read(path)
  local file, err = io.open(path, "rb")
  if not file then
    return nil, err
  end

  local text = file:read("*a")
  file:close()
  return text
end


local function note_skips(skipped)
  local now = {}
  for _, skip in ipairs(skipped) do
    now[skip.name] = skip.detail
    if known_skips[skip.name] ~= skip.detail then
      metrics.count_skipped(skip.reason)
      ngx.log(ngx.ERR, "the joined route '", skip.name, "' is skipped (", skip.reason, "): ", skip.detail)
    end
  end

  known_skips = now
end


-- The routes of both texts, and the rows that are left out; or nil and one sentence about the platform's own.
local function compile(own_text, joined_text)
  local compiled, err = route_file.compile(own_text)
  if not compiled then
    return nil, err
  end

  return compiled, route_file.add_joined(compiled, route_file.read_joined(joined_text) or {})
end


local function details(skipped)
  local found = {}
  for _, skip in ipairs(skipped) do
    found[skip.name] = skip.detail
  end

  return found
end


-- Give the texts to the other workers. False when shared memory has no room for them: then no worker follows.
local function share()
  local shared = ngx.shared.gateway_routes
  for key, text in pairs { [own.key] = own.text, [joined.key] = joined.text } do
    local ok, err = shared:set(key, text)
    if not ok then
      ngx.log(ngx.ERR, "the routes are too large for shared memory, the old ones stay: ", err)
      return false
    end
  end

  return true
end


local function publish(compiled, skipped)
  if not share() then
    return false
  end

  local shared = ngx.shared.gateway_routes
  current = compiled
  seen_version = shared:incr("version", 1, 0)
  -- One value, written after the version: a reader never sees serials of a version that no worker follows yet.
  local ok, err = shared:set("report", cjson.encode {
    version = seen_version,
    serials = (cjson.decode(joined.text) or {}).serials or {},
    skipped = details(skipped),
  })
  if not ok then
    ngx.log(ngx.ERR, "the report on the joined routes is too large for shared memory: ", err)
  end

  note_skips(skipped)
  return true
end


-- Say which version this worker follows.
local function note_seen()
  ngx.shared.gateway_routes:set("seen:" .. ngx.worker.id(), seen_version)
end


local function refuse(file, text, err)
  file.refused = text
  if file == joined then
    metrics.count_skipped("table")
  end

  ngx.log(ngx.ERR, file.what, " is refused, the old routes stay: ", err)
end


-- In the init phase: the master compiles once, the workers inherit. Raises the sentence that says what is wrong with the
-- platform's own routes; joined ones never stop a start. `joined_path` may name no file.
function _M.init(own_path, joined_path)
  own.path, joined.path = own_path, joined_path
  metrics.init()

  local text, err = read(own_path)
  if not text then
    error("The route file cannot be read: " .. err .. ".", 0)
  end

  own.text = text
  local joined_text = read(joined_path)
  if joined_text then
    local rows, joined_err = route_file.read_joined(joined_text)
    if rows then
      joined.text = joined_text
    else
      refuse(joined, joined_text, joined_err)
    end
  end

  local compiled, skipped = compile(own.text, joined.text)
  if not compiled then
    error(skipped, 0)
  end

  if not publish(compiled, skipped) then
    error("The route files are too large for shared memory.", 0)
  end
end


-- What every worker follows: `followed` (whether they agree), `serials` of the joined tables, `skipped` rows with the reason.
function _M.joined_status()
  local shared = ngx.shared.gateway_routes
  local report = cjson.decode(shared:get("report") or "") or {}
  local followed = shared:get("version") == report.version
  for id = 0, ngx.worker.count() - 1 do
    followed = followed and shared:get("seen:" .. id) == report.version
  end

  return cjson.encode { followed = followed, serials = report.serials or {}, skipped = report.skipped or {} }
end


-- The routes in force.
function _M.current()
  return current
end


local function adopt(version)
  local shared = ngx.shared.gateway_routes
  local compiled, err = compile(shared:get(own.key), shared:get(joined.key))
  if not compiled then
    ngx.log(ngx.ERR, "the routes of version ", version, " were accepted by one worker only: ", err)
    return
  end

  current = compiled
  plugins.configure(compiled.chains)
  seen_version = version
  note_seen()
end


-- The file's text where it is another one than in force and fit for use, which `check` says.
local function new_text(file, check)
  local text, err = read(file.path)
  if not text then
    if file == own and file.refused ~= "" then
      file.refused = ""
      ngx.log(ngx.ERR, "the route file cannot be read, the old routes stay: ", err)
    end

    return nil
  end

  if text == file.text or text == file.refused then
    return nil
  end

  local ok, check_err = check(text)
  if not ok then
    refuse(file, text, check_err)
    return nil
  end

  file.refused = nil
  return text
end


local function look_at_files()
  local own_text = new_text(own, route_file.compile)
  local joined_text = new_text(joined, route_file.read_joined)
  if not own_text and not joined_text then
    return
  end

  own.text = own_text or own.text
  joined.text = joined_text or joined.text
  local compiled, skipped = compile(own.text, joined.text)
  if compiled and publish(compiled, skipped) then
    plugins.configure(compiled.chains)
    note_seen()
    ngx.log(ngx.NOTICE, "new routes are in force, version ", seen_version)
  end
end


local function look(premature)
  if premature then
    return
  end

  if ngx.worker.id() == 0 then
    look_at_files()
  end

  local version = ngx.shared.gateway_routes:get("version")
  if version ~= seen_version then
    adopt(version)
  end
end


function _M.init_worker()
  plugins.configure(current.chains)
  note_seen()

  local ok, err = ngx.timer.every(LOOK_EVERY, look)
  if not ok then
    ngx.log(ngx.ERR, "the route file is not watched: ", err)
  end
end


return _M
