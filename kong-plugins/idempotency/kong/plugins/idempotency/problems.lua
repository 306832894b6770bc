-- Refusals as problem details (RFC 9457), in English or Korean.

local cjson = require "cjson.safe"
local language = require "kong.plugins.idempotency.language"

local _M = {}

local CATALOGUE = {
  ["idempotency-key-invalid"] = {
    status = 400,
    title = "Invalid idempotency key",
    detail = "The key must be one value of 1 to 255 printable ASCII characters.",
    ko = {
      title = "유효하지 않은 멱등 키",
      detail = "멱등 키는 출력 가능한 ASCII 문자 1~255자로 한 번만 보내야 합니다.",
    },
  },
  ["idempotency-key-missing"] = {
    status = 400,
    title = "Idempotency key missing",
    detail = "This request must carry an idempotency key.",
    ko = {
      title = "멱등 키 누락",
      detail = "이 요청에는 멱등 키가 필요합니다.",
    },
  },
  ["idempotency-upgrade-refused"] = {
    status = 400,
    title = "Protocol upgrade with an idempotency key",
    detail = "The outcome of a protocol upgrade cannot be recorded; send it without a key.",
    ko = {
      title = "멱등 키가 있는 프로토콜 전환",
      detail = "프로토콜 전환의 결과는 기록할 수 없습니다. 멱등 키 없이 보내세요.",
    },
  },
  ["idempotency-identity-missing"] = {
    status = 403,
    title = "Idempotency key without an identity",
    detail = "Idempotency keys are only accepted from authenticated callers here.",
    ko = {
      title = "인증되지 않은 요청의 멱등 키",
      detail = "이 경로에서는 인증된 호출자의 멱등 키만 받습니다.",
    },
  },
  ["idempotency-request-too-large"] = {
    status = 413,
    title = "Request too large for an idempotency key",
    detail = "The body is larger than what is accepted with an idempotency key.",
    ko = {
      title = "멱등 키를 쓰기에는 너무 큰 요청",
      detail = "멱등 키와 함께 보낼 수 있는 크기보다 본문이 큽니다.",
    },
  },
  ["idempotency-key-reused"] = {
    status = 422,
    title = "Idempotency key reused",
    detail = "This key was used for another request; use a new key.",
    ko = {
      title = "다른 요청에 사용된 멱등 키",
      detail = "이 멱등 키는 다른 요청에 사용되었습니다. 새 키를 사용하세요.",
    },
  },
  ["idempotency-in-flight"] = {
    status = 409,
    title = "Request in progress",
    detail = "A request with this key is being processed; repeat it later.",
    retry_after = 1,
    ko = {
      title = "처리 중인 요청",
      detail = "이 멱등 키를 사용한 요청을 처리하고 있습니다. 잠시 뒤에 다시 보내세요.",
    },
  },
  ["idempotency-outcome-unknown"] = {
    status = 409,
    title = "Outcome unknown",
    detail = "The first request with this key got no response and may have been processed: "
      .. "check its effect, or repeat it after Retry-After seconds to have it processed again.",
    retry_after = 1,
    ko = {
      title = "결과를 알 수 없음",
      detail = "이 멱등 키의 첫 요청은 응답을 받지 못했지만 처리되었을 수 있습니다. "
        .. "결과를 확인하거나, 다시 처리하려면 Retry-After에 적힌 시간(초)이 지난 뒤 다시 보내세요.",
    },
  },
  ["idempotency-not-replayable"] = {
    status = 409,
    title = "Answer not replayable",
    detail = "The request with this key was processed, but its response was not kept.",
    ko = {
      title = "다시 보낼 수 없는 응답",
      detail = "이 멱등 키의 요청은 처리되었지만 응답을 보관하지 않았습니다.",
    },
  },
  ["idempotency-unavailable"] = {
    status = 503,
    title = "Idempotency unavailable",
    detail = "The request was not processed, because its key could not be recorded; repeat it later.",
    retry_after = 1,
    ko = {
      title = "멱등 키를 사용할 수 없음",
      detail = "멱등 키를 기록할 수 없어 요청을 처리하지 않았습니다. 잠시 뒤에 다시 보내세요.",
    },
  },
}

_M.CATALOGUE = CATALOGUE


-- The members in the order in which the platform's services write them, without escaped slashes.
local function document(code, problem, texts, request_id)
  local text = ('{"type":%s,"title":%s,"status":%d,"code":%s,"detail":%s%s}'):format(
    cjson.encode("/problems/" .. code), cjson.encode(texts.title), problem.status, cjson.encode(code),
    cjson.encode(texts.detail), request_id and ',"request_id":' .. cjson.encode(request_id) or ""
  )

  return (text:gsub("\\/", "/"))
end


--- The answer for a problem.
-- @tparam string code
-- @tparam string|nil request_id
-- @tparam string|table|nil accept_language the request's header
-- @treturn table `status`, `body`, `headers`
function _M.answer(code, request_id, accept_language)
  local problem = CATALOGUE[code]
  local chosen = language.preferred(accept_language)

  return {
    status = problem.status,
    body = document(code, problem, problem[chosen] or problem, request_id),
    headers = {
      ["Content-Type"] = "application/problem+json",
      ["Content-Language"] = chosen,
      ["Vary"] = "Accept-Language",
      ["Cache-Control"] = "no-store",
      ["Retry-After"] = problem.retry_after,
    },
  }
end


return _M
