-- The status of the response, with the reason phrases that nginx itself has no names for (ADR 0041).

local resp = require "ngx.resp"

local ngx = ngx

-- Newer than the Lua module of Debian 12 (0.10.28); without it these statuses have an empty reason phrase.
local set_status = resp.set_status

local NAMES = {
  [417] = "Expectation Failed",
  [422] = "Unprocessable Content",
  [423] = "Locked",
  [424] = "Failed Dependency",
  [425] = "Too Early",
  [426] = "Upgrade Required",
  [428] = "Precondition Required",
  [431] = "Request Header Fields Too Large",
  [451] = "Unavailable For Legal Reasons",
  [511] = "Network Authentication Required",
}

local _M = {}


function _M.set(status)
  local name = NAMES[status]
  if name and set_status then
    return set_status(status, name)
  end

  ngx.status = status
end


return _M
