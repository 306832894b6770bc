-- Responds with the platform's own problem.
local function refuse(code, id, allow)
  local status, body, headers = modules["gateway.problem"].of(code, {
    id = id,
    accept = ngx.var.http_accept,
    accept_language = ngx.var.http_accept_language,
  })
  if allow and allow ~= "" then
    headers["Allow"] = allow
  end
  return kong.response.exit(status, body, headers)
end
