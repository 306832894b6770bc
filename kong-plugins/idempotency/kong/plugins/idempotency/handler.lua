-- Replay-safe writes, as a plugin of Kong: a request that is repeated with its key gets the first answer.

local adapter = require "kong.plugins.idempotency.adapter"
local core = require "kong.plugins.idempotency.core"
local kong_adapter = require "kong.plugins.idempotency.kong_adapter"
local labels = require "kong.plugins.idempotency.labels"
local metrics = require "kong.plugins.idempotency.metrics"
local resend = require "kong.plugins.idempotency.resend"

local kong = kong

adapter.install(kong_adapter)

local IdempotencyHandler = {
  PRIORITY = 890, -- after authentication and rate limiting, before transformers
  VERSION = "1.0.0",
}


-- of Kong's prometheus plugin, if Kong has loaded it: loading it here would start it
local function find_prometheus()
  local exporter = package.loaded["kong.plugins.prometheus.exporter"]
  return exporter and exporter.get_prometheus()
end


function IdempotencyHandler:init_worker()
  metrics.init_worker(find_prometheus())
  resend.init_worker()
end


-- Kong calls this with all configurations of the plugin, at the start and whenever they change
function IdempotencyHandler:configure(configs)
  labels.each(configs or {}, metrics.introduce)
end


function IdempotencyHandler:access(conf)
  local answer = core.access(conf)
  if answer then
    return kong.response.exit(answer.status, answer.body, answer.headers)
  end
end


function IdempotencyHandler:response(conf)
  core.response(conf)
end


function IdempotencyHandler:log(conf)
  core.log(conf)
end


return IdempotencyHandler
