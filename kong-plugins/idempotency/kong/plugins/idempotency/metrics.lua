-- Counters of what the plugin does.

local _M = {}


--- Counts an outcome.
function _M.count(_) end


--- Notes how long Redis took, in seconds.
function _M.redis(_) end


return _M
