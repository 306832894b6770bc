-- Plugins see Kong's global, and their handlers' `self` is often unused.
std = "ngx_lua"
max_line_length = 130
globals = { "kong" }
self = false
