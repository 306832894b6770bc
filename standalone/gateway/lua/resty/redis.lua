-- `resty.redis` as Kong ships it, on top of Debian's package, which is older: time-outs for each step, and TLS.

local redis = require "nginx.redis"

local connect = redis.connect


-- rawget: to the library any unknown name is a Redis command
if not rawget(redis, "set_timeouts") then
  function redis.set_timeouts(self, connect_timeout, send_timeout, read_timeout)
    return self._sock:settimeouts(connect_timeout, send_timeout, read_timeout)
  end
end


-- Connect as resty.redis 0.28 and later do: `options.ssl` begins TLS on a fresh connection.
function redis.connect(self, ...)
  local ok, err = connect(self, ...)
  local options = select(select("#", ...), ...)
  if not ok or type(options) ~= "table" or not options.ssl or self._sock:getreusedtimes() > 0 then
    return ok, err
  end

  local session, tls_err = self._sock:sslhandshake(false, options.server_name, options.ssl_verify)
  if not session then
    return nil, "failed to do ssl handshake: " .. tls_err
  end

  return ok
end


return redis
