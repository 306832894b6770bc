-- References of the form {vault://env/NAME}, as Kong resolves them: upper case, `-` becomes `_`.
-- nginx workers have no environment, so it is captured in the master, at start.

local _M = {}

local environment = {}


-- Keep a copy of this process's environment. Call it in the init phase.
function _M.capture()
  local ffi = require "ffi"
  ffi.cdef "extern char **environ;"

  local at = ffi.C.environ
  local i = 0
  while at ~= nil and at[i] ~= nil do
    local name, value = ffi.string(at[i]):match("^([^=]+)=(.*)$")
    if name then
      environment[name] = value
    end

    i = i + 1
  end
end


function _M.is_reference(value)
  return type(value) == "string" and value:match("^{vault://.+}$") ~= nil
end


-- The value that `reference` names; nil and a reason (never a value) when there is none.
function _M.get(reference)
  local name = type(reference) == "string" and reference:match("^{vault://env/([%w_%-]+)}$")
  if not name then
    return nil, ("'%s' is not of the form {vault://env/NAME}"):format(tostring(reference))
  end

  local variable = name:upper():gsub("-", "_")
  local value = environment[variable]
  if not value or value == "" then
    return nil, ("%s is not set in the environment"):format(variable)
  end

  return value
end


return _M
