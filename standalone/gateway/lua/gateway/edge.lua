-- The edge's own responses: what nginx refuses, what auth refuses, and what the gateway does not answer.

local problem = require "gateway.problem"
local response_status = require "gateway.status"

local ngx = ngx
local pairs, tonumber = pairs, tonumber

local _M = {}


local function send(code, extra)
  local var = ngx.var
  local status, body, headers = problem.of(code, {
    id = var.edge_request_id,
    accept = var.http_accept,
    accept_language = var.http_accept_language,
  })

  response_status.set(status)
  for name, value in pairs(headers) do
    ngx.header[name] = value
  end

  for name, value in pairs(extra or {}) do
    ngx.header[name] = value
  end

  ngx.header["X-Request-ID"] = var.edge_request_id
  ngx.header["Content-Length"] = #body
  ngx.print(body)
end


-- Why auth refused: it names its problem beside the status, which is all that nginx takes from it.
local function code_of_verify(status)
  local var = ngx.var
  local code = var.edge_verify_code
  if tonumber(var.edge_verify_status) == status and code and problem.status_of(code) == status then
    return code
  end

  return problem.code_of(status)
end


-- The response to an error of nginx.
function _M.problem()
  local var = ngx.var
  local status = ngx.status
  if status == 401 or status == 403 then
    local challenge = var.edge_verify_challenge
    return send(code_of_verify(status), challenge ~= "" and status == 401 and { ["WWW-Authenticate"] = challenge })
  end

  if status == 405 then
    if var.edge_allow == "" then
      -- nginx refuses TRACE and CONNECT before it looks at the path
      return send("not-implemented")
    end

    return send("method-not-allowed", { Allow = var.edge_allow })
  end

  return send(problem.code_of(status))
end


-- The response where auth itself fails. The client's headers go to auth: what is not HTTP there is the client's fault.
function _M.verify_problem()
  return send(ngx.var.edge_verify_status == "400" and "bad-request" or "authentication-unavailable")
end


return _M
