local clean, clean_response = modules["gateway.cleaning"].clean, modules["gateway.cleaning"].clean_response
return function()
  local id = request_id()
  local refusal = clean(route)
  if refusal then
    return refuse(modules["gateway.problem"].code_of(refusal), id)
  end
  kong.ctx.plugin.clean_response = function()
    clean_response(route)
  end
  -- what a client says of itself and nobody on the way sets
  ngx.req.clear_header("Forwarded")
  ngx.req.clear_header("X-Original-Forwarded-For")
end
