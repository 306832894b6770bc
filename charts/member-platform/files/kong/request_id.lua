-- Gives the request an id that is fit for logs, answers and headers: the one that came with it, or Kong's own.
local function request_id()
  local id = ngx.var.http_x_request_id
  if not id or #id < 8 or #id > 128 or id:find("[^%w._-]") then
    id = ngx.var.kong_request_id
    ngx.req.set_header("X-Request-ID", id)
  end
  return id
end
