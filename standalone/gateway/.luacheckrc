-- Lua of the gateway: the host defines `kong`, nginx the rest.
std = "ngx_lua"
max_line_length = 130
read_globals = { "kong" }
files["spec"] = { std = "ngx_lua+busted" }
