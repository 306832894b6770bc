-- Cookie headers without some cookies.

local _M = {}


-- `header` without the cookies whose name is in the set `names`; nil when none is left.
-- Cookies are separated by semicolons whatever stands in quotes (RFC 6265, section 5.4): a name hidden in a quoted
-- value is removed too.
function _M.without(header, names)
  local kept, count, removed = {}, 0, false

  for pair in header:gmatch("[^;]+") do
    local name = pair:match("^%s*([^=]-)%s*=") or pair:match("^%s*(.-)%s*$")
    if names[name] then
      removed = true

    elseif name ~= "" or pair:find("%S") then
      count = count + 1
      kept[count] = pair:match("^%s*(.-)%s*$")
    end
  end

  if not removed then
    return header
  end

  if count == 0 then
    return nil
  end

  return table.concat(kept, "; ")
end


return _M
