-- Every answer tells the request's id, whoever gave it.
if not kong.response.get_header("X-Request-ID") then
  kong.response.set_header("X-Request-ID", kong.request.get_header("X-Request-ID"))
end
