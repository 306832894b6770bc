package = "kong-plugin-idempotency"
version = "1.0.0-1"
rockspec_format = "3.0"
supported_platforms = { "linux", "macosx" }

source = {
  -- built from a checkout: `luarocks make`
  url = "file://.",
}

description = {
  summary = "Replay-safe writes for Kong: a request repeated with its key gets the first answer.",
  license = "MIT",
  labels = { "kong", "kong-plugin", "idempotency", "redis" },
}

dependencies = {
  "lua >= 5.1, < 5.2",
}

test_dependencies = {
  "busted",
  "luacheck",
}

build = {
  type = "builtin",
  modules = {
    ["kong.plugins.idempotency.access"] = "kong/plugins/idempotency/access.lua",
    ["kong.plugins.idempotency.adapter"] = "kong/plugins/idempotency/adapter.lua",
    ["kong.plugins.idempotency.compiled_config"] = "kong/plugins/idempotency/compiled_config.lua",
    ["kong.plugins.idempotency.conditional"] = "kong/plugins/idempotency/conditional.lua",
    ["kong.plugins.idempotency.connect"] = "kong/plugins/idempotency/connect.lua",
    ["kong.plugins.idempotency.connection"] = "kong/plugins/idempotency/connection.lua",
    ["kong.plugins.idempotency.core"] = "kong/plugins/idempotency/core.lua",
    ["kong.plugins.idempotency.deferred"] = "kong/plugins/idempotency/deferred.lua",
    ["kong.plugins.idempotency.digest"] = "kong/plugins/idempotency/digest.lua",
    ["kong.plugins.idempotency.fingerprint"] = "kong/plugins/idempotency/fingerprint.lua",
    ["kong.plugins.idempotency.handler"] = "kong/plugins/idempotency/handler.lua",
    ["kong.plugins.idempotency.keys"] = "kong/plugins/idempotency/keys.lua",
    ["kong.plugins.idempotency.kong_adapter"] = "kong/plugins/idempotency/kong_adapter.lua",
    ["kong.plugins.idempotency.labels"] = "kong/plugins/idempotency/labels.lua",
    ["kong.plugins.idempotency.language"] = "kong/plugins/idempotency/language.lua",
    ["kong.plugins.idempotency.markers"] = "kong/plugins/idempotency/markers.lua",
    ["kong.plugins.idempotency.metrics"] = "kong/plugins/idempotency/metrics.lua",
    ["kong.plugins.idempotency.pipeline"] = "kong/plugins/idempotency/pipeline.lua",
    ["kong.plugins.idempotency.policy"] = "kong/plugins/idempotency/policy.lua",
    ["kong.plugins.idempotency.problems"] = "kong/plugins/idempotency/problems.lua",
    ["kong.plugins.idempotency.record"] = "kong/plugins/idempotency/record.lua",
    ["kong.plugins.idempotency.refusal"] = "kong/plugins/idempotency/refusal.lua",
    ["kong.plugins.idempotency.resend"] = "kong/plugins/idempotency/resend.lua",
    ["kong.plugins.idempotency.resp"] = "kong/plugins/idempotency/resp.lua",
    ["kong.plugins.idempotency.response"] = "kong/plugins/idempotency/response.lua",
    ["kong.plugins.idempotency.schema"] = "kong/plugins/idempotency/schema.lua",
    ["kong.plugins.idempotency.scope"] = "kong/plugins/idempotency/scope.lua",
    ["kong.plugins.idempotency.script"] = "kong/plugins/idempotency/script.lua",
    ["kong.plugins.idempotency.sentinel"] = "kong/plugins/idempotency/sentinel.lua",
    ["kong.plugins.idempotency.set_commands"] = "kong/plugins/idempotency/set_commands.lua",
    ["kong.plugins.idempotency.store"] = "kong/plugins/idempotency/store.lua",
    ["kong.plugins.idempotency.substitute"] = "kong/plugins/idempotency/substitute.lua",
  },
}
