-- Conditional requests are the service's to judge. nginx judges them too, by the
-- answer's own ETag and Last-Modified, when an answer comes from Lua instead of
-- its proxy: a PUT whose If-Match held would turn into a 412 after it was done.

local ngx = ngx

local _M = {}


--- Takes the conditions off the request, once the service has seen them, if the
-- answer is of the one status that nginx would judge them by.
function _M.clear(status)
  if status ~= 200 then
    return
  end

  local var = ngx.var

  if var.http_if_match then
    ngx.req.clear_header("If-Match")
  end

  if var.http_if_none_match then
    ngx.req.clear_header("If-None-Match")
  end

  if var.http_if_modified_since then
    ngx.req.clear_header("If-Modified-Since")
  end

  if var.http_if_unmodified_since then
    ngx.req.clear_header("If-Unmodified-Since")
  end
end


return _M
