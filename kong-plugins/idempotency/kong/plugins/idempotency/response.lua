-- The response phase: the service's whole answer is there and the client has none
-- of it yet. The claim is completed now.

local adapter = require "kong.plugins.idempotency.adapter"
local markers = require "kong.plugins.idempotency.markers"
local metrics = require "kong.plugins.idempotency.metrics"
local record = require "kong.plugins.idempotency.record"
local scope = require "kong.plugins.idempotency.scope"
local store = require "kong.plugins.idempotency.store"

local ngx = ngx

local _M = {}


--- Removes the markers that the service sent: they are the plugin's to set. A service with a ledger of its own
-- (`on_unknown: release`) says of its replays that they are.
function _M.remove_markers(conf)
  local header = ngx.header
  header[markers.STATUS] = nil
  header[markers.STORED] = nil
  if conf.on_unknown ~= "release" then
    header[markers.REPLAYED] = nil
  end
end


--- Reports the outcome of the key to the client.
-- @tparam string status
-- @tparam boolean stored false if the answer was delivered without being saved
function _M.mark(status, stored)
  adapter.set_log_value("idempotency.status", status)

  local header = ngx.header
  header[markers.STATUS] = status
  if not stored then
    header[markers.STORED] = "false"
  end

  local exposed = header[markers.EXPOSE]
  local wanted = markers.expose(exposed)
  if wanted ~= exposed then
    header[markers.EXPOSE] = wanted
  end
end


-- Whether the service has replayed the response out of its own ledger, and may say so.
local function is_replay_of_service(conf)
  return conf.on_unknown == "release" and ngx.header[markers.REPLAYED] == "true"
end


--- Reports to the client a request that was let through without a claim. What the service has replayed is kept there.
function _M.mark_bypassed(conf)
  local is_replay = is_replay_of_service(conf)
  _M.mark(is_replay and "replayed" or "bypassed", is_replay)
end


-- The response gives an anonymous visitor another cookie than the one that its key belongs to. A replay would not set it.
local function changes_scope(compiled, claim)
  return claim.cookies
     and scope.is_replaced(compiled.scope_cookies, claim.cookies, adapter.get_service_header("set-cookie"))
end


-- what is most likely is written down while Redis is at work, instead of after it
local function mark_stored(claim)
  if not claim.marked then
    _M.mark(claim.success, true)
    claim.marked = claim.success
  end
end


--- Completes or releases a claim by the service's response.
-- @treturn string what to call it in Idempotency-Status; "unknown" if it is no final answer: the claim stays as it is then
-- @treturn table|nil what is still to be done in Redis, because it was out of reach
function _M.complete_claim(conf, compiled, claim)
  local status = adapter.get_service_status()
  if status < 200 then
    -- nginx takes an early hint (103) for the answer and drops what follows
    return "unknown"
  end

  if not compiled.saves(status) or changes_scope(compiled, claim) then
    local released, err = store.release(conf, claim)
    if released then
      return "released"
    end

    metrics.count("store_errors", claim.service)
    adapter.log_error("the lock could not be released: ", err)
    return "released", { release = true }
  end

  if is_replay_of_service(conf) then
    claim.success = "replayed"
  end

  local body = adapter.get_service_body()
  local mark = claim.success
  local value, meanwhile

  if #body > conf.max_body_bytes then
    metrics.count("oversize", claim.service)
    mark = "oversize"
    value = record.tombstone(claim.fingerprint)
  else
    local headers, names = adapter.get_service_headers()
    value = record.answer(claim.fingerprint, status, headers, names, compiled.keeps, body)
    meanwhile = mark_stored
  end

  local completed, err = store.complete(conf, claim, compiled.ttl, value, meanwhile)

  if not completed then
    metrics.count("store_errors", claim.service)
    adapter.log_error("the answer could not be stored: ", err)
    return "unstored", { record = value }
  end

  if completed ~= "stored" then
    metrics.count("lost_locks", claim.service)
    adapter.log_warning("the lock ended before the answer came; is lock_ttl above the service's time-outs?")
  end

  if completed == "lost" then
    return "lost"
  end

  return mark
end


return _M
