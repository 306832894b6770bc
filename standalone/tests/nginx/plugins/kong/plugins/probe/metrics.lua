return {
  collect = function()
    return "probe_requests_total " .. (ngx.shared.kong:get("probe") or 0) .. "\n"
  end,
}
