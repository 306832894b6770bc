-- Counters in shared memory, shown as Prometheus text.

local concat, format, ipairs, sort, tostring = table.concat, string.format, ipairs, table.sort, tostring

-- Why a joined row is not served: its fields are wrong, it asks for requests that another one has, or the table as a whole
-- cannot be read.
local SKIP_REASONS = { "invalid", "conflict", "table" }

local _M = {}


-- Have every counter that an alert looks at from the start.
function _M.init()
  for _, reason in ipairs(SKIP_REASONS) do
    ngx.shared.gateway_metrics:add("skipped|" .. reason, 0)
  end
end


-- Count a joined row that is skipped.
function _M.count_skipped(reason)
  ngx.shared.gateway_metrics:incr("skipped|" .. reason, 1, 0)
end


-- Count a finished request. `seconds` includes the reading of the body and the sending of the answer.
function _M.count(route, status, seconds)
  local shared = ngx.shared.gateway_metrics
  local _, err = shared:incr("requests|" .. route .. "|" .. tostring(status), 1, 0)
  if err then
    return
  end

  shared:incr("seconds|" .. route, seconds, 0)
end


local function sample(lines, key, value)
  local kind, route, status = key:match("^(%a+)|([^|]*)|?(.*)$")
  if kind == "requests" then
    lines[#lines + 1] = format('gateway_requests_total{route="%s",status="%s"} %d', route, status, value)

  elseif kind == "seconds" then
    lines[#lines + 1] = format('gateway_request_seconds_total{route="%s"} %.6f', route, value)

  elseif kind == "skipped" then
    lines[#lines + 1] = format('gateway_joined_rows_skipped_total{reason="%s"} %d', route, value)
  end
end


function _M.text()
  local shared = ngx.shared.gateway_metrics
  local lines = {}
  local keys = shared:get_keys(0)
  sort(keys)
  for _, key in ipairs(keys) do
    local value = shared:get(key)
    if value then
      sample(lines, key, value)
    end
  end

  return "# TYPE gateway_requests_total counter\n# TYPE gateway_request_seconds_total counter\n"
         .. "# TYPE gateway_joined_rows_skipped_total counter\n" .. concat(lines, "\n") .. "\n"
end


return _M
