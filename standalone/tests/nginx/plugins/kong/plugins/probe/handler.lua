-- Does what the request's headers ask for, and logs which phases ran with which view of the answer.

local cjson = require "cjson.safe"

local kong = kong

local Probe = { PRIORITY = 100, VERSION = "1.0.0" }

local PDK = {
  ["request.get_method"] = function() return kong.request.get_method() end,
  ["request.get_header"] = function() return kong.request.get_header("X_Two") end,
  ["request.get_raw_body"] = function() return kong.request.get_raw_body(0) end,
  ["response.exit"] = function() return kong.response.exit(200) end,
  ["response.set_header"] = function() return kong.response.set_header("X-A", "b") end,
  ["response.get_status"] = function() return kong.response.get_status() end,
  ["response.get_source"] = function() return kong.response.get_source() end,
  ["service.response.get_status"] = function() return kong.service.response.get_status() end,
  ["service.response.get_raw_body"] = function() return kong.service.response.get_raw_body() end,
  ["service.response.get_headers"] = function() return kong.service.response.get_headers()["x-a"] or "" end,
  ["service.request.set_header"] = function() return kong.service.request.set_header("X-A", "b") end,
  ["service.request.enable_buffering"] = function() return kong.service.request.enable_buffering() end,
  ["router.get_route"] = function() return kong.router.get_route().name end,
  ["client.get_consumer"] = function() return kong.client.get_consumer() or "none" end,
  ["client.get_forwarded_ip"] = function() return kong.client.get_forwarded_ip() end,
}


local function leave()
  return kong.response.exit(418, "left")
end


-- From where a plugin may leave the request.
local LEAVE = {
  pcall = function() pcall(leave) end,
  coroutine = function() coroutine.wrap(leave)() end,
  thread = function() ngx.thread.wait(ngx.thread.spawn(leave)) end,
}


local function note(phase, values)
  values.phase = phase
  kong.log.notice("PROBE ", cjson.encode(values), " END")
end


local function wish(name)
  return ngx.req.get_headers()["x-probe-" .. name]
end


-- Try every function in this phase: which raise, and what the first of them says.
local function try_all()
  local allowed, refused = {}, {}
  for name, call in pairs(PDK) do
    if name ~= "response.exit" then
      local ok, err = pcall(call)
      if ok then
        allowed[#allowed + 1] = name
      else
        refused[name] = err
      end
    end
  end

  table.sort(allowed)
  return { allowed = allowed, refused = refused }
end


function Probe:init_worker()
  ngx.shared.kong:incr("started", 1, 0)
end


function Probe:access(conf)
  kong.ctx.plugin.mine = "probe"
  kong.ctx.shared.ours = "shared"
  local seen = { text = conf.text }
  if wish("read") then
    local body = kong.request.get_raw_body(0)
    seen.read = { #body, body:sub(-3) }
  end

  if wish("try") == "access" then
    seen.tried = try_all()
  end

  note("access", seen)

  if wish("exit") then
    return kong.response.exit(tonumber(wish("exit")), { said = "exit" }, { ["X-Exit"] = "yes" })
  end

  if wish("leave") then
    LEAVE[wish("leave")]()
    error("came back")
  end

  if wish("raise") == "access" then
    error("raised in access")
  end
end


function Probe:response()
  local seen = {
    mine = kong.ctx.plugin.mine,
    status = kong.service.response.get_status(),
    source = kong.response.get_source(),
    body = kong.service.response.get_raw_body(),
    header = kong.service.response.get_header("X-UP"),
    dashes = kong.service.response.get_headers()["x_up"],
  }
  if wish("try") == "response" then
    seen.tried = try_all()
  end

  note("response", seen)

  if wish("raise") == "response" then
    error("raised in response")
  end

  if wish("replace") then
    return kong.response.exit(299, "replaced")
  end

  kong.response.set_header("X-Probe", "buffered")
end


function Probe:log()
  kong.log.set_serialize_value("probe.said", wish("say"))
  ngx.shared.kong:incr("probe", 1, 0)
  local seen = { mine = kong.ctx.plugin.mine, source = kong.response.get_source(), status = kong.response.get_status() }
  if wish("try") == "log" then
    seen.tried = try_all()
  end

  note("log", seen)
  if wish("timer") then
    ngx.timer.at(0, function()
      local ok, err = pcall(kong.request.get_method)
      kong.log.notice("TIMER ", tostring(ok), " ", tostring(err), " ", tostring(kong.ctx.plugin))
    end)
  end
end


return Probe
