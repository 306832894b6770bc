-- The access phase: which caller sent the request, with which key, and what became of that key.

local adapter = require "kong.plugins.idempotency.adapter"
local deferred = require "kong.plugins.idempotency.deferred"
local digest = require "kong.plugins.idempotency.digest"
local fingerprint = require "kong.plugins.idempotency.fingerprint"
local keys = require "kong.plugins.idempotency.keys"
local markers = require "kong.plugins.idempotency.markers"
local metrics = require "kong.plugins.idempotency.metrics"
local record = require "kong.plugins.idempotency.record"
local refusal = require "kong.plugins.idempotency.refusal"
local scope = require "kong.plugins.idempotency.scope"
local store = require "kong.plugins.idempotency.store"

local lower = string.lower
local find = string.find
local ceil = math.ceil
local concat = table.concat
local max = math.max
local min = math.min
local ngx = ngx
local now = ngx.now
local rawget = rawget
local refuse = refusal.build
local type = type
local unavailable = refusal.unavailable

local FIRST_PAUSE = 0.02 -- seconds between looks at a key that is in flight
local LONGEST_PAUSE = 0.25

local _M = {}


-- Kong would forward any upgrade but this one, which clients that speak
-- HTTP/2 offer with ordinary requests
local function asks_for_upgrade(headers)
  local upgrade = rawget(headers, "upgrade")

  if type(upgrade) == "table" then
    for i = 1, #upgrade do
      if lower(upgrade[i]) ~= "h2c" then
        return true
      end
    end

    return false
  end

  return upgrade ~= nil and upgrade ~= "" and lower(upgrade) ~= "h2c"
end


-- a lock that ends while the service may still be at work lets a second request in
local function warn_of_a_short_lock(compiled, service)
  compiled.is_lock_checked = true

  local connecting = (service.connect_timeout or 0) * ((service.retries or 0) + 1)
  local longest = connecting + (service.write_timeout or 0) + (service.read_timeout or 0)
  if tonumber(compiled.lock_ttl) <= longest then
    adapter.log_warning("lock_ttl is not above the time-outs of the service (", longest, " ms together, retries included)")
  end
end


local function service_label(conf, compiled)
  local service = adapter.get_service()
  if service and not compiled.is_lock_checked then
    warn_of_a_short_lock(compiled, service)
  end

  local label = conf.service or service and (service.name or service.id) or "none"
  metrics.introduce(label)
  return label
end


-- a header of the request, its values joined if it came repeatedly; "" if it did not come
local function joined(headers, name)
  local value = rawget(headers, name) or ""
  return type(value) == "table" and concat(value, ", ") or value
end


-- Whose key it is: the scope; the roles that the edge vouches for; of an anonymous caller the cookies that tell visitors
-- apart, where there are such.
-- rawget: X_Auth_Subject is not X-Auth-Subject
local function find_caller(conf, compiled, headers)
  local identity = compiled.identity_header and rawget(headers, compiled.identity_header)
  local whose, by_header = scope.from_identity(conf.scope, adapter.get_consumer_id(headers), identity)
  if whose then
    return whose, by_header and compiled.roles_header and joined(headers, compiled.roles_header) or ""
  end

  local cookies = compiled.scope_cookies and scope.cookies(compiled.scope_cookies, rawget(headers, "cookie"))
  if cookies and #cookies > 0 then
    return scope.from_cookies(cookies), "", cookies
  end

  return conf.anonymous == "client_ip" and scope.from_address(adapter.get_address()) or nil, "", cookies
end


-- what a replay answers: an opened record, with its headers and the markers
local function replay(answer, compiled)
  local headers = record.headers(answer, compiled.keeps)
  answer.headers = headers
  adapter.set_log_value("idempotency.status", "replayed")
  headers[markers.STATUS] = "replayed"
  headers[markers.REPLAYED] = "true"
  headers[markers.EXPOSE] = markers.expose(headers[markers.EXPOSE])

  if answer.status == 204 then
    headers["Content-Length"] = {} -- an empty list is no header; Kong would add "0"
  end

  return answer
end


local function claim(conf, compiled, claimed)
  local outcome, detail, doubtful = store.claim(conf, claimed, compiled.lock_ttl)
  if doubtful then
    -- nothing is forwarded under this lock; left alone it would keep repeats out
    deferred.give_back(conf, claimed)
  end

  return outcome, detail
end


local function ignore()
end


-- whether nginx watches for clients that leave (`lua_check_client_abort`), as far as is known
local watched = true


-- A client that leaves comes back for its answer, and others may wait for the reply to a call of this request. Where
-- nginx watches for clients that leave it would end the request.
local function stay_without_client()
  if watched then
    local _, err = ngx.on_abort(ignore)
    watched = err ~= "lua_check_client_abort is off"
  end
end


-- claims the key; while another request has it, looks again until `wait_timeout`
local function claim_or_wait(conf, compiled, claimed)
  stay_without_client()

  local outcome, detail = claim(conf, compiled, claimed)
  if outcome ~= "in-flight" then
    return outcome, detail
  end

  local deadline = now() + conf.wait_timeout
  local pause = FIRST_PAUSE

  while outcome == "in-flight" and now() < deadline do
    ngx.sleep(min(pause, deadline - now()))
    pause = min(pause * 2, LONGEST_PAUSE)
    outcome, detail = claim(conf, compiled, claimed)

    if not outcome then
      -- the first request was seen at work, so `fail_mode: open` must not let a second one in
      metrics.count("store_errors", claimed.service)
      adapter.log_error("the key could not be looked at again: ", detail)
      return "in-flight"
    end
  end

  return outcome, detail
end


--- Whether the request can concern the plugin at all: says so without building a
-- table of its headers, and errs on the side of yes.
function _M.concerns(conf, compiled)
  if conf.required then
    return true
  end

  local var = ngx.var
  local variables = compiled.key_variables
  for i = 1, #variables do
    if var[variables[i]] then
      return true
    end
  end

  return false
end


--- Decides about a request.
-- @treturn string|nil nil: the plugin has nothing to do with it. Else "answer" (in the service's
--   place), "bypass" (forward without a claim) or "claim" (forward, then complete)
-- @treturn table|nil the answer, or the claim: `key`, `lock`, `fingerprint`, `service`
function _M.decide(conf, compiled)
  local headers = ngx.req.get_headers(0)
  local method = ngx.req.get_method()

  local key, problem = keys.read(headers, compiled.key_names)
  local service = service_label(conf, compiled)

  if not compiled.methods[method] then
    -- a protocol upgrade is a GET: no answer to record, so no key to honour
    if (key or problem) and asks_for_upgrade(headers) then
      return refuse("idempotency-upgrade-refused", headers, service)
    end

    return nil
  end

  if problem then
    return refuse(problem, headers, service)
  end

  if not key then
    if conf.required then
      return refuse("idempotency-key-missing", headers, service)
    end

    return nil
  end

  if asks_for_upgrade(headers) then
    return refuse("idempotency-upgrade-refused", headers, service)
  end

  local whose, roles, cookies = find_caller(conf, compiled, headers)
  if not whose then
    if conf.anonymous == "reject" then
      return refuse("idempotency-identity-missing", headers, service)
    end

    metrics.count("bypassed", service)
    return "bypass"
  end

  local body, err = adapter.get_body(conf.max_request_bytes)
  if not body then
    if find(err, "too big", 1, true) then
      return refuse("idempotency-request-too-large", headers, service)
    end

    return unavailable(conf, headers, service, err)
  end

  if #body > conf.max_request_bytes then
    return refuse("idempotency-request-too-large", headers, service)
  end

  local secret = conf.fingerprint_secret
  if not secret or secret == "" then
    secret = fingerprint.secret_without_configuration(whose, key)
  end

  local print = fingerprint.compute(secret, method, ngx.var.request_uri, joined(headers, "content-type"), roles, body)
  local claimed = {
    key = scope.redis_key(service, whose, key),
    service = service,
    fingerprint = print,
    lock = record.lock(print, digest.random(record.OWNER_BYTES)),
    ends_at = now() + conf.lock_ttl,
    cookies = cookies,
    success = "stored",
    marked = false,
    is_finished = false,
    unfinished = false,
  }

  local outcome, detail = claim_or_wait(conf, compiled, claimed)

  if outcome == "poisoned" then
    metrics.count("poisoned", service)
    adapter.log_warning("what stood at ", claimed.key, " was no record; it is treated as a miss")
    outcome = "claimed"
  end

  if outcome == "claimed" then
    metrics.count("misses", service)
    return "claim", claimed
  end

  if outcome == "replay" then
    metrics.count("hits", service)
    return "answer", replay(detail, compiled)
  end

  if outcome == "mismatch" then
    return refuse("idempotency-key-reused", headers, service)
  end

  if outcome == "in-flight" then
    return refuse("idempotency-in-flight", headers, service)
  end

  if outcome == "unknown" then
    return refuse("idempotency-outcome-unknown", headers, service, max(1, ceil(detail - now())))
  end

  if outcome == "not-replayable" then
    return refuse("idempotency-not-replayable", headers, service)
  end

  return unavailable(conf, headers, service, detail)
end


--- What is to be done when `decide` itself failed.
function _M.failed(conf, compiled, err)
  return unavailable(conf, {}, service_label(conf, compiled), err)
end


return _M
