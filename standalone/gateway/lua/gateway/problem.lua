-- The gateway's own errors, as application/problem+json (RFC 9457).

local cjson = require "cjson.safe"

local MEDIA_TYPE = "application/problem+json"

-- One row per status that nginx or the host itself may answer with.
local BY_STATUS = {
  [400] = { "bad-request", "Bad request", "The request is not valid HTTP." },
  [404] = { "route-not-found", "Route not found", "No route matches the method and path." },
  [405] = { "method-not-allowed", "Method not allowed", "The method is not supported." },
  [408] = { "request-timeout", "Request timeout", "The request did not arrive in time." },
  [411] = { "length-required", "Length required", "The request needs a Content-Length." },
  [413] = { "body-too-large", "Body too large", "The request body is larger than this gateway takes." },
  [414] = { "uri-too-long", "URI too long", "The request target is longer than this gateway takes." },
  [417] = { "expectation-failed", "Expectation failed", "The expectation cannot be met." },
  [500] = { "internal-error", "Internal error", "The gateway failed in a way it did not expect." },
  [502] = { "upstream-unreachable", "Upstream unreachable", "The service did not answer, or not in full." },
  [503] = { "upstream-unavailable", "Upstream unavailable", "The service is not available." },
  [504] = { "upstream-timeout", "Upstream timeout", "The service did not answer in time." },
}

local _M = { MEDIA_TYPE = MEDIA_TYPE }


-- The status, body and headers of the problem for `status`; `detail` replaces the usual sentence.
function _M.of(status, request_id, detail)
  if status == 494 then -- nginx's own for oversized headers
    status = 400
  end

  local code, title, sentence = unpack(BY_STATUS[status] or BY_STATUS[500])
  local body = cjson.encode({
    type = "/problems/" .. code,
    title = title,
    status = status,
    detail = detail or sentence,
    code = code,
    request_id = request_id,
  })
  local headers = { ["Content-Type"] = MEDIA_TYPE, ["Cache-Control"] = "no-store" }
  if status == 503 then
    headers["Retry-After"] = "1"
  end

  return status, body, headers
end


return _M
