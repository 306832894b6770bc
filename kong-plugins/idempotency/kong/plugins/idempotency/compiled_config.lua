-- A plugin configuration in the form that requests need: sets instead of lists,
-- lower-case names, milliseconds.
--
-- Kept by configuration table, for as long as Kong keeps that. Values that Kong's
-- vaults may rotate inside the same table (secret, Redis credentials) are not copied.

local format = string.format
local gsub = string.gsub
local lower = string.lower
local setmetatable = setmetatable

local keys = require "kong.plugins.idempotency.keys"
local policy = require "kong.plugins.idempotency.policy"

local _M = {}

local BY_CONFIGURATION = setmetatable({}, { __mode = "k" })


-- nil for a list without entries
local function set_of(list)
  local set
  for i = 1, #(list or {}) do
    set = set or {}
    set[list[i]] = true
  end

  return set
end


local function compile(conf)
  local names = keys.names(conf.key_headers)
  local variables = {}
  for i = 1, #names do
    variables[i] = "http_" .. gsub(names[i], "-", "_")
  end

  local identity = conf.identity_header
  if identity == "" then
    identity = nil
  end

  local roles = conf.roles_header
  if roles == "" then
    roles = nil
  end

  return {
    methods = set_of(conf.methods),
    roles_header = roles and lower(roles),
    scope_cookies = set_of(conf.scope_cookies),
    key_names = names,
    key_variables = variables,
    identity_header = identity and lower(identity),
    saves = policy.statuses(conf.saved_statuses),
    keeps = policy.headers(conf.kept_headers),
    ttl = format("%d", conf.ttl * 1000),
    lock_ttl = format("%d", conf.lock_ttl * 1000),
  }
end


--- The compiled form of `conf`.
function _M.get(conf)
  local compiled = BY_CONFIGURATION[conf]
  if not compiled then
    compiled = compile(conf)
    BY_CONFIGURATION[conf] = compiled
  end

  return compiled
end


return _M
