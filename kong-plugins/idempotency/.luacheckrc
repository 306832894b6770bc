std = "ngx_lua"
globals = { "kong" }
unused_args = false
max_line_length = 140
files["spec/**/*.lua"].std = "ngx_lua+busted"
files["kong/plugins/idempotency/schema.lua"].max_line_length = false
