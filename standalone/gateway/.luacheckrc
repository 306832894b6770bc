-- Lua of the gateway: nginx defines the globals.
std = "ngx_lua"
max_line_length = 130
files["spec"] = { std = "ngx_lua+busted" }
