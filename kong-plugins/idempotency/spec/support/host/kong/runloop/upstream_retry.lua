-- Kong's switch for nginx's `proxy_next_upstream`, for the request at hand (Kong 3.10 and later). Here it knows "off" only.

local ngx = ngx

local _M = {}


function _M.set_proxy_next_upstream(conditions)
  if conditions[1] ~= "off" or conditions[2] then
    ngx.log(ngx.ERR, "proxy_next_upstream can only be turned off for a request")
    return
  end

  ngx.ctx.balancer_data.is_sent_once = true
end


return _M
