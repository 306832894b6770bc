-- The part of Kong's plugin development kit that the hosted plugin uses, as the global `kong`.

local ctx = require "kong_host.pdk.ctx"
local log = require "kong_host.pdk.log"
local request = require "kong_host.pdk.request"
local response = require "kong_host.pdk.response"
local service = require "kong_host.pdk.service"
local vault = require "gateway.vault"

local _M = {}


-- Kong's version that the host stands for; plugins may ask.
_M.VERSION = "3.9.0"


-- Make `kong`. Plugins keep a reference to it when they are loaded, so this comes first.
-- `next_upstream`: the value of nginx's `proxy_next_upstream`, which plugins may look up.
function _M.install(next_upstream)
  rawset(_G, "kong", {
    version = _M.VERSION,
    version_num = 3009000,
    configuration = {
      database = "off",
      role = "traditional",
      nginx_proxy_directives = { { name = "proxy_next_upstream", value = next_upstream } },
    },
    ctx = ctx.new(),
    log = log.new(),
    request = request.request(),
    client = request.client(),
    router = request.router(),
    response = response.new(),
    service = { request = service.request(), response = service.response() },
    vault = { get = vault.get, is_reference = vault.is_reference },
  })
end


return _M
