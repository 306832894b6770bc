-- Nothing is here, in the platform's words.
return function()
  local problem = '{"type":"/problems/route-not-found","title":"Route not found","status":404,'
    .. '"detail":"No route matches the method and path.","code":"route-not-found","request_id":"%s"}'
  return kong.response.exit(404, problem:format(request_id()), {
    ["Content-Type"] = "application/problem+json",
    ["Cache-Control"] = "no-store",
  })
end
