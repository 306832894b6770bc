-- What is saved of an answer: which statuses, which headers.

local lower = string.lower
local sub = string.sub

local _M = {}

-- answers that say "not now" or "not you": a repeat must reach the service again.
-- 444 and 499 never reach a client: nginx closes the connection instead
local UNSETTLED = {
  [401] = true, [403] = true, [408] = true, [409] = true, [425] = true, [429] = true,
  [444] = true, [499] = true,
}

local function set(names)
  local members = {}
  for name in string.gmatch(names, "%S+") do
    members[name] = true
  end

  return members
end


-- of one connection, one visitor or one exchange, or generated for each response
local NEVER_KEPT = set [[
  connection content-length keep-alive proxy-authenticate proxy-authorization proxy-connection te trailer
  transfer-encoding upgrade
  date via
  set-cookie set-cookie2
  ratelimit
  b3 baggage traceparent tracestate uber-trace-id x-amzn-trace-id x-cloud-trace-context x-correlation-id x-request-id
  idempotency-status idempotency-stored idempotent-replayed
]]

local NEVER_KEPT_PREFIXES = { "ratelimit-", "x-ratelimit-", "x-rate-limit-", "x-b3-", "x-kong-" }


--- Whether an answer of this status can be saved at all.
function _M.may_be_saved(status)
  return (status >= 200 and status < 300)
      or (status >= 400 and status < 500 and not UNSETTLED[status])
end


--- Whether a header of this name may be kept at all.
function _M.may_be_kept(name)
  local lowered = lower(name)
  if NEVER_KEPT[lowered] then
    return false
  end

  for i = 1, #NEVER_KEPT_PREFIXES do
    local prefix = NEVER_KEPT_PREFIXES[i]
    if sub(lowered, 1, #prefix) == prefix then
      return false
    end
  end

  return true
end


--- A function of a status: is its answer saved?
-- @tparam table|nil statuses numbers; nil for every status that may be saved
function _M.statuses(statuses)
  if not statuses or #statuses == 0 then
    return _M.may_be_saved
  end

  local saved = {}
  for i = 1, #statuses do
    saved[statuses[i]] = _M.may_be_saved(statuses[i])
  end

  return function(status)
    return saved[status] == true
  end
end


--- A function of a header name: is it kept?
-- @tparam table patterns names; a trailing "*" stands for any ending
function _M.headers(patterns)
  local names, prefixes = {}, {}

  for i = 1, #patterns do
    local pattern = lower(patterns[i])
    if sub(pattern, -1) == "*" then
      prefixes[#prefixes + 1] = sub(pattern, 1, -2)
    else
      names[pattern] = true
    end
  end

  -- the names that services send are few: each is judged once a worker.
  -- Names are a service's to choose, so the memory of them is bounded
  local known, room = {}, 1000

  return function(name)
    local kept = known[name]
    if kept ~= nil then
      return kept
    end

    local lowered = lower(name)
    kept = names[lowered] or false
    for i = 1, #prefixes do
      kept = kept or sub(lowered, 1, #prefixes[i]) == prefixes[i]
    end
    kept = kept and _M.may_be_kept(lowered)

    if room > 0 then
      room = room - 1
      known[name] = kept
    end

    return kept
  end
end


return _M
