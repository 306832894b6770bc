local counters = ngx.shared.kong

return {
  text = function()
    return ("probe_started_total %d\nprobe_requests_total %d\n"):format(counters:get("started") or 0, counters:get("probe") or 0)
  end,
}
