-- Counters of what the plugin does, and how long Redis takes.
--
-- In a Kong with its prometheus plugin they appear among that plugin's metrics. Elsewhere
-- they are kept in the shared dictionary `idempotency_metrics`, if there is one, and
-- `text` shows them. Without either nothing is counted. As that plugin does, each worker
-- counts for itself and adds what it counted to the dictionary several times a second.

local concat = table.concat
local find = string.find
local format = string.format
local match = string.match
local pairs = pairs
local sort = table.sort

local _M = {}

local EVENTS_NAME = "idempotency_events_total"
local EVENTS_HELP = "Requests with an idempotency key, by what became of them"
local REDIS_NAME = "idempotency_redis_seconds"
local REDIS_HELP = "Time that Redis took for one call of the idempotency plugin"
local BUCKETS = { 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5 }

local FLUSH_AFTER = 0.2 -- seconds

local BUCKET_KEYS = {}
for i = 1, #BUCKETS + 1 do
  BUCKET_KEYS[i] = "bucket|" .. i
end

local EVENTS = {
  "hits", "misses", "conflicts", "mismatches", "invalid", "store_errors", "oversize", "lost_locks", "unknown",
  "bypassed", "poisoned",
}

local count
local observe
local introduced = {}


local function use_prometheus(prometheus)
  local events = prometheus:counter(EVENTS_NAME, EVENTS_HELP, { "event", "service" })
  local redis = prometheus:histogram(REDIS_NAME, REDIS_HELP, nil, BUCKETS)
  if not events or not redis then
    return false
  end

  local labels = {}
  count = function(event, service, amount)
    labels[1], labels[2] = event, service
    events:inc(amount or 1, labels)
  end

  observe = function(seconds)
    redis:observe(seconds)
  end

  return true
end


local function bucket_of(seconds)
  for i = 1, #BUCKETS do
    if seconds <= BUCKETS[i] then
      return i
    end
  end

  return #BUCKETS + 1
end


-- what this worker counted and has not added to the dictionary yet
local pending = {}
local scheduled = false


-- also the last thing a worker does that is being stopped: its timers end early
local function flush()
  scheduled = false
  local dictionary = ngx.shared.idempotency_metrics
  local counted = pending
  pending = {}
  for key, amount in pairs(counted) do
    dictionary:incr(key, amount, 0)
  end
end


local function add(key, amount)
  pending[key] = (pending[key] or 0) + amount
  if not scheduled then
    scheduled = ngx.timer.at(FLUSH_AFTER, flush) or false
  end
end


local function use_dictionary()
  count = function(event, service, amount)
    add("event|" .. event .. "|" .. service, amount or 1)
  end

  observe = function(seconds)
    add(BUCKET_KEYS[bucket_of(seconds)], 1)
    if seconds > 0 then
      add("seconds", seconds)
    end
  end
end


--- Finds out where to count. Once a worker.
-- @tparam table|nil prometheus the registry of Kong's prometheus plugin
function _M.init_worker(prometheus)
  if prometheus and use_prometheus(prometheus) then
    return
  end

  if ngx.shared.idempotency_metrics then
    use_dictionary()
  end
end


--- Lets all events of a service be seen before the first of them: a rate over a series that begins with its first
-- event misses that event.
function _M.introduce(service)
  if introduced[service] or not count then
    return
  end

  introduced[service] = true
  for i = 1, #EVENTS do
    count(EVENTS[i], service, 0)
  end
end


--- Counts an event, one of `EVENTS`.
function _M.count(event, service)
  if count then
    count(event, service)
  end
end


--- Notes how long Redis took, in seconds.
function _M.redis(seconds)
  if observe then
    observe(seconds)
  end
end


local function escaped(label)
  return (label:gsub('[\\"\n]', { ["\\"] = "\\\\", ['"'] = '\\"', ["\n"] = "\\n" }))
end


--- The counters of the shared dictionary in Prometheus' text format; "" without one.
function _M.text()
  local dictionary = ngx.shared.idempotency_metrics
  if not dictionary then
    return ""
  end

  flush()
  local events, buckets, seconds = {}, {}, 0
  for _, key in pairs(dictionary:get_keys(0)) do
    local value = dictionary:get(key) or 0

    if find(key, "event|", 1, true) == 1 then
      local event, service = match(key, "^event|([^|]*)|(.*)$")
      events[#events + 1] = format('kong_%s{event="%s",service="%s"} %d', EVENTS_NAME, event, escaped(service), value)

    elseif find(key, "bucket|", 1, true) == 1 then
      buckets[tonumber(match(key, "%d+$"))] = value

    elseif key == "seconds" then
      seconds = value
    end
  end

  sort(events)

  local lines = { "# HELP kong_" .. EVENTS_NAME .. " " .. EVENTS_HELP, "# TYPE kong_" .. EVENTS_NAME .. " counter" }
  for i = 1, #events do
    lines[#lines + 1] = events[i]
  end

  lines[#lines + 1] = "# HELP kong_" .. REDIS_NAME .. " " .. REDIS_HELP
  lines[#lines + 1] = "# TYPE kong_" .. REDIS_NAME .. " histogram"

  local sum = 0
  for i = 1, #BUCKETS do
    sum = sum + (buckets[i] or 0)
    lines[#lines + 1] = format('kong_%s_bucket{le="%g"} %d', REDIS_NAME, BUCKETS[i], sum)
  end

  sum = sum + (buckets[#BUCKETS + 1] or 0)
  lines[#lines + 1] = format('kong_%s_bucket{le="+Inf"} %d', REDIS_NAME, sum)
  lines[#lines + 1] = format("kong_%s_sum %.6f", REDIS_NAME, seconds)
  lines[#lines + 1] = format("kong_%s_count %d", REDIS_NAME, sum)

  return concat(lines, "\n") .. "\n"
end


return _M
