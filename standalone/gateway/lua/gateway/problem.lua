-- The gateway's own errors, as application/problem+json (RFC 9457). The edge has the same catalogue.

local cjson = require "cjson.safe"

local MEDIA_TYPE = "application/problem+json"

local _M = {}

local by_status = {}


-- Read the catalogue. Call it in the init phase.
function _M.init(path)
  local file = assert(io.open(path, "rb"))
  by_status = assert(cjson.decode(file:read("*a")))
  file:close()
end


-- The status, body and headers of the problem for `status`.
function _M.of(status, request_id)
  if status == 494 then -- nginx's own for oversized headers
    status = 400
  end

  local known = by_status[tostring(status)] or by_status["500"]
  local body = cjson.encode({
    type = "/problems/" .. known.code,
    title = known.title,
    status = status,
    detail = known.detail,
    code = known.code,
    request_id = request_id,
  })
  local headers = { ["Content-Type"] = MEDIA_TYPE, ["Cache-Control"] = "no-store" }
  if status == 503 then
    headers["Retry-After"] = "1"
  end

  return status, body, headers
end


return _M
