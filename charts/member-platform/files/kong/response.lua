-- Every response says the request's id and that its content type is meant; a joined service's loses what it must not send.
return function()
  if not kong.response.get_header("X-Request-ID") then
    kong.response.set_header("X-Request-ID", kong.request.get_header("X-Request-ID"))
  end
  kong.response.set_header("X-Content-Type-Options", "nosniff")
  local sanitize_response = kong.ctx.plugin.sanitize_response
  if sanitize_response then
    sanitize_response()
  end
end
