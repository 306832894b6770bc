-- A plugin with nothing but a response phase: what buffering an answer costs by itself.

local EmptyHandler = {
  PRIORITY = 890,
  VERSION = "1.0.0",
}


function EmptyHandler:response()
end


return EmptyHandler
