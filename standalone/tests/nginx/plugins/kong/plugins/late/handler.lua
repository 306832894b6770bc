-- A plugin after the probe: answers early when asked, and marks every answer.

local kong = kong

local Late = { PRIORITY = 50, VERSION = "1.0.0" }


function Late:access()
  if kong.request.get_header("X-Late-Exit") then
    return kong.response.exit(409, "late")
  end
end


function Late:header_filter()
  kong.response.set_header("X-Late", kong.response.get_source())
  kong.response.add_header("X-Shared", kong.ctx.shared.ours or "none")
end


return Late
