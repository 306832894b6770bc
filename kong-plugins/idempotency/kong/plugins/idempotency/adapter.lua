-- What the plugin's core asks of the gateway that it runs in. That gateway's adapter gives the functions before the first
-- request; everything else the core gets from nginx (`ngx`).
--
--   log_error(…), log_warning(…)           one line in the error log, of the strings given
--   set_log_value(name, value)             a value for the access log
--   get_request_id()                       the id of a request without X-Request-ID
--   get_consumer_id(headers)               the authenticated consumer, nil without one
--   get_address()                          the client's address as the edge saw it
--   get_service()                          `name`, `id`, `connect_timeout`, `write_timeout`, `read_timeout`, `retries`; or nil
--   get_body(max_bytes)                    the request's body; nil and an error ("too big" in it: larger than that)
--   get_source()                           who responds: "service" (in full), "exit" (a plugin), "error"
--   get_service_status()                   of the service's response, from the response phase on
--   get_service_body()
--   get_service_header(name)               the values of one (the name in lower case), nil without one
--   get_service_headers()                  all, by the names as they came; and a table with these names among its keys
--   forbid_resend()                        nginx sends the request to the service once
--   judge_substitute(conf, compiled, claim)  in the log phase, of a response that the service did not give: what to do with
--                                          the claim ("store" and a value, "release", or nil: the outcome is unknown)

local pairs = pairs

local _M = {}


--- Takes over a gateway's functions.
function _M.install(functions)
  for name, run in pairs(functions) do
    _M[name] = run
  end
end


return _M
