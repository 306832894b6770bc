-- Answers in the service's place: how they are marked, counted and logged.

local adapter = require "kong.plugins.idempotency.adapter"
local markers = require "kong.plugins.idempotency.markers"
local metrics = require "kong.plugins.idempotency.metrics"
local problems = require "kong.plugins.idempotency.problems"

local find = string.find
local ngx = ngx
local pcall = pcall
local rawget = rawget
local type = type

-- what a refusal is called in Idempotency-Status
local REFUSED_AS = {
  ["idempotency-key-invalid"] = "invalid",
  ["idempotency-key-missing"] = "missing",
  ["idempotency-upgrade-refused"] = "invalid",
  ["idempotency-identity-missing"] = "anonymous",
  ["idempotency-request-too-large"] = "too-large",
  ["idempotency-key-reused"] = "mismatch",
  ["idempotency-in-flight"] = "in-flight",
  ["idempotency-outcome-unknown"] = "unknown",
  ["idempotency-not-replayable"] = "not-replayable",
  ["idempotency-unavailable"] = "unavailable",
}

local COUNTED_AS = {
  ["idempotency-key-invalid"] = "invalid",
  ["idempotency-key-missing"] = "invalid",
  ["idempotency-upgrade-refused"] = "invalid",
  ["idempotency-identity-missing"] = "invalid",
  ["idempotency-request-too-large"] = "invalid",
  ["idempotency-key-reused"] = "mismatches",
  ["idempotency-in-flight"] = "conflicts",
  ["idempotency-outcome-unknown"] = "conflicts",
  ["idempotency-not-replayable"] = "hits",
}

local _M = {}


local function request_id(headers)
  local id = rawget(headers, "x-request-id")
  if type(id) == "string" and #id <= 128 and not find(id, "[^\33-\126]") then
    return id
  end

  return adapter.get_request_id()
end


--- An answer of the plugin's own, for `code` of problems.lua. The body is read first: what is left of it on the
-- connection would be taken for the next request.
-- @tparam table headers of the request, by lower-case name
-- @tparam number|nil retry_after seconds, instead of the code's own
-- @treturn string "answer"
-- @treturn table the answer
function _M.build(code, headers, service, retry_after)
  local ok, err = pcall(ngx.req.read_body)
  if not ok then
    adapter.log_error("the request's body could not be read: ", err)
  end

  local answer = problems.answer(code, request_id(headers), rawget(headers, "accept-language"))
  local status = REFUSED_AS[code]
  answer.headers[markers.STATUS] = status
  answer.headers[markers.EXPOSE] = markers.expose()
  answer.headers["Retry-After"] = retry_after or answer.headers["Retry-After"]
  adapter.set_log_value("idempotency.status", status)

  local event = COUNTED_AS[code]
  if event then
    metrics.count(event, service)
  end

  return "answer", answer
end


--- Without a store: refuses, or lets through and says so (`fail_mode`).
-- @treturn string "answer" or "bypass"
-- @treturn table|nil the answer
function _M.unavailable(conf, headers, service, err)
  metrics.count("store_errors", service)
  adapter.log_error("the key could not be claimed: ", err)

  if conf.fail_mode == "open" then
    metrics.count("bypassed", service)
    return "bypass"
  end

  return _M.build("idempotency-unavailable", headers, service)
end


return _M
