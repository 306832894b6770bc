-- Refusals as problem details (RFC 9457).

local cjson = require "cjson.safe"

local _M = {}

local CATALOGUE = {
  ["idempotency-key-invalid"] = {
    status = 400,
    title = "Invalid idempotency key",
    detail = "The key must be one value of 1 to 255 printable ASCII characters.",
  },
  ["idempotency-key-missing"] = {
    status = 400,
    title = "Idempotency key missing",
    detail = "This request must carry an idempotency key.",
  },
  ["idempotency-upgrade-refused"] = {
    status = 400,
    title = "Protocol upgrade with an idempotency key",
    detail = "The outcome of a protocol upgrade cannot be recorded; send it without a key.",
  },
  ["idempotency-identity-missing"] = {
    status = 403,
    title = "Idempotency key without an identity",
    detail = "Idempotency keys are only accepted from authenticated callers here.",
  },
  ["idempotency-request-too-large"] = {
    status = 413,
    title = "Request too large for an idempotency key",
    detail = "The body is larger than what is accepted with an idempotency key.",
  },
  ["idempotency-key-reused"] = {
    status = 422,
    title = "Idempotency key reused",
    detail = "This key was used for another request; use a new key.",
  },
  ["idempotency-in-flight"] = {
    status = 409,
    title = "Request in progress",
    detail = "A request with this key is being processed; repeat it later.",
    retry_after = 1,
  },
  ["idempotency-outcome-unknown"] = {
    status = 409,
    title = "Outcome unknown",
    detail = "The first request with this key got no response and may have been processed: "
      .. "check its effect, or repeat it after Retry-After seconds to have it processed again.",
    retry_after = 1,
  },
  ["idempotency-not-replayable"] = {
    status = 409,
    title = "Answer not replayable",
    detail = "The request with this key was processed, but its response was not kept.",
  },
  ["idempotency-unavailable"] = {
    status = 503,
    title = "Idempotency unavailable",
    detail = "The request was not processed, because its key could not be recorded; repeat it later.",
    retry_after = 1,
  },
}

_M.CATALOGUE = CATALOGUE


-- The members in the order in which the platform's services write them, without escaped slashes.
local function document(code, problem, request_id)
  local text = ('{"type":%s,"title":%s,"status":%d,"detail":%s,"code":%s%s}'):format(
    cjson.encode("/problems/" .. code), cjson.encode(problem.title), problem.status, cjson.encode(problem.detail),
    cjson.encode(code), request_id and ',"request_id":' .. cjson.encode(request_id) or ""
  )

  return (text:gsub("\\/", "/"))
end


--- The answer for a problem.
-- @tparam string code
-- @tparam string|nil request_id
-- @treturn table `status`, `body`, `headers`
function _M.answer(code, request_id)
  local problem = CATALOGUE[code]

  return {
    status = problem.status,
    body = document(code, problem, request_id),
    headers = {
      ["Content-Type"] = "application/problem+json",
      ["Cache-Control"] = "no-store",
      ["Retry-After"] = problem.retry_after,
    },
  }
end


return _M
