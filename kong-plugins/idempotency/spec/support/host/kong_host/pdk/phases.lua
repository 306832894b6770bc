-- Which phase a request is in, and where a PDK function may be called: as strict as Kong, so that a plugin that works
-- here works there.

local concat, error, format, ipairs = table.concat, error, string.format, ipairs

local _M = {}


-- The set of phases in which a function may be called.
function _M.only(...)
  local allowed = { names = { ... } }
  for _, name in ipairs(allowed.names) do
    allowed[name] = true
  end

  return allowed
end


_M.REQUEST = _M.only("rewrite", "access", "balancer", "response", "header_filter", "body_filter", "log", "error")


-- Raise, in the caller's caller, when the current phase is not one of `allowed`. Timers have no phase.
function _M.check(allowed)
  local phase = ngx.ctx.phase
  if allowed[phase] then
    return
  end

  local names = concat(allowed.names, ", ")
  if not phase then
    error(format("no phase for this call (need one of %s)", names), 3)
  end

  error(format("function cannot be called in %s phase (only in: %s)", phase, names), 3)
end


return _M
