-- Nothing is here, or not with this method: `allow` lists those that the path accepts.
return function()
  return refuse(allow == "" and "route-not-found" or "method-not-allowed", request_id(), allow)
end
