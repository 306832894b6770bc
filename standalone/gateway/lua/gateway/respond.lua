-- Responses that the gateway gives by itself, and the headers of those that it passes on.

local ngx = ngx
local ipairs, lower, pairs, type = ipairs, string.lower, pairs, type

local _M = {}


-- nginx drops headers without a value, so an empty one becomes a space
local function normal(value)
  if type(value) ~= "table" then
    return value == "" and " " or value
  end

  local list = {}
  for i, item in ipairs(value) do
    list[i] = item == "" and " " or item
  end

  return list
end


-- Set headers. The framing is nginx's.
function _M.set_headers(headers)
  for name, value in pairs(headers) do
    if lower(name) ~= "transfer-encoding" then
      ngx.header[name] = normal(value)
    end
  end
end


-- End the request with a response. It does not come back, also out of any pcall.
-- The request body is not read here: who responds early reads it first, or it is taken for the next request.
function _M.exit(ctx, status, body, headers)
  ctx.exited = true
  ctx.buffered_proxying = nil
  ngx.status = status
  _M.set_headers(headers)
  if not headers["Content-Length"] then
    ngx.header["Content-Length"] = #body
  end

  ngx.print(body)
  return ngx.exit(status)
end


return _M
