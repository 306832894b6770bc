-- What makes two requests the same one.

local digest = require "kong.plugins.idempotency.digest"

local _M = {}


--- HMAC-SHA-256 of a request, 32 bytes. Every part goes in with its length, so
-- that no two different requests have the same input.
-- @tparam string roles of the caller, "" if there are none
function _M.compute(secret, method, uri, content_type, roles, body)
  local head = method .. "\n" ..
    #uri .. ":" .. uri .. "\n" ..
    #content_type .. ":" .. content_type .. "\n"
  if roles ~= "" then
    -- in front, where no method begins with a digit: the body has no length to end what would stand before it
    head = #roles .. ":" .. roles .. "\n" .. head
  end

  local print = digest.hmac_sha256(secret, head, body)
  return print
end


--- The HMAC key where no secret is configured. It is bound to the idempotency key,
-- which is stored nowhere: who reads a fingerprint in Redis still cannot
-- try bodies against it as long as clients' keys are random.
function _M.secret_without_configuration(scope, key)
  return digest.sha256("idempotency fingerprint\n" .. #scope .. ":" .. scope .. key)
end


return _M
