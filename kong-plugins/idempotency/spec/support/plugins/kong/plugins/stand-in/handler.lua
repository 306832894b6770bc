-- Responds in the service's place as the request asks for: `X-Stand-In: <status>`, with the body of the request.

local kong = kong
local tonumber = tonumber

local StandInHandler = {
  PRIORITY = 100,
  VERSION = "1.0.0",
}


function StandInHandler:access()
  local status = kong.request.get_header("X-Stand-In")
  if status == "raise" then
    error("raised on request")
  elseif status == "table" then
    return kong.response.exit(200, { made = "by the stand-in" })
  elseif status then
    return kong.response.exit(tonumber(status), kong.request.get_raw_body(), { ["Content-Type"] = "text/plain", ["X-Other"] = "1" })
  end
end


return StandInHandler
