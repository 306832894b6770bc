local schema = require "kong_host.schema"
local typedefs = require "kong.db.schema.typedefs"

local function check(fields, given, entity_checks)
  local config = { type = "record", fields = fields, entity_checks = entity_checks }
  return schema.config({ name = "test", fields = { { config = config } } }, given)
end


describe("a plugin's configuration", function()
  it("gets defaults, also inside of records, each its own copy", function()
    local fields = {
      { list = { type = "array", elements = { type = "string" }, default = { "a" } } },
      { inner = { type = "record", required = true, fields = { { port = typedefs.port { default = 1 } } } } },
      { absent = { type = "record", fields = { { port = typedefs.port { default = 1 } } } } },
    }
    local one, two = assert(check(fields, {})), assert(check(fields, {}))
    assert.same({ list = { "a" }, inner = { port = 1 } }, one)
    assert.are_not.equal(one.list, two.list)
  end)

  local REFUSED = {
    { "a missing field", { a = { type = "string", required = true } }, {}, "config.a: required field missing" },
    { "an unknown field", { a = { type = "string" } }, { b = 1 }, "config.b: unknown field" },
    { "a wrong type", { a = { type = "boolean" } }, { a = "x" }, "config.a: expected a boolean" },
    { "a fraction", { a = { type = "integer" } }, { a = 1.5 }, "config.a: expected an integer" },
    { "an empty string", { a = { type = "string" } }, { a = "" }, "config.a: length must be at least 1" },
    { "another choice", { a = { type = "string", one_of = { "x", "y" } } }, { a = "z" }, "config.a: expected one of: x, y" },
    { "a number out of bounds", { a = { type = "number", between = { 0, 1.5 } } }, { a = 2 },
      "config.a: value should be between 0 and 1.5" },
    { "a number too small", { a = { type = "number", gt = 0 } }, { a = 0 }, "config.a: value must be greater than 0" },
    { "a wrong element", { a = { type = "set", elements = { type = "integer" } } }, { a = { 1, "x" } },
      "config.a[2]: expected an integer" },
    { "a map for a list", { a = { type = "array", elements = { type = "string" } } }, { a = { x = "y" } },
      "config.a: expected an array" },
    { "a short list", { a = { type = "array", len_min = 1, elements = { type = "string" } } }, { a = {} },
      "config.a: length must be at least 1" },
    { "a wrong map", { a = { type = "map", keys = { type = "string" }, values = { type = "integer" } } }, { a = { x = "y" } },
      "config.a.x: expected an integer" },
    { "what a validator refuses", { a = typedefs.header_name }, { a = "a b" },
      "config.a: bad header name 'a b', allowed characters are A-Z, a-z, 0-9, '_', and '-'" },
    { "a port in a host", { a = typedefs.host }, { a = "x:1" }, "config.a: must not have a port" },
    { "a type of no plugin", { a = { type = "json" } }, { a = {} },
      "config.a: the schema's type 'json' is not supported by this host" },
    { "a rule that is not known", { a = { type = "string", is_regex = true } }, { a = "x" },
      "config.a: the schema's attribute 'is_regex' is not supported by this host" },
  }

  for _, case in ipairs(REFUSED) do
    it("is refused with " .. case[1], function()
      local config, err = check({ case[2] }, case[3])
      assert.is_nil(config)
      assert.equal(case[4], err)
    end)
  end

  it("may hold addresses of every kind", function()
    for _, host in ipairs { "redis", "redis.example", "10.0.0.1", "::1", "fd00::1" } do
      assert(check({ { a = typedefs.host } }, { a = host }))
    end
  end)

  it("keeps an element of a set once", function()
    local field = { type = "set", elements = { type = "string" } }
    assert.same({ a = { "x", "y" } }, check({ { a = field } }, { a = { "x", "y", "x" } }))
  end)

  it("names a vault reference that leads nowhere", function()
    local _, err = check({ { a = { type = "string", referenceable = true } } }, { a = "{vault://env/no-such-thing}" })
    assert.equal("config.a: NO_SUCH_THING is not set in the environment", err)
  end)

  it("takes a reference for text where the schema does not allow one", function()
    local config = assert(check({ { a = { type = "string" } } }, { a = "{vault://env/no-such-thing}" }))
    assert.equal("{vault://env/no-such-thing}", config.a)
  end)
end)


describe("entity checks", function()
  local FIELDS = {
    { a = { type = "string", len_min = 0 } },
    { b = { type = "string" } },
    { c = { type = "record", fields = { { d = { type = "integer" } } } } },
  }

  local CASES = {
    { { at_least_one_of = { "a", "b" } }, { b = "x" }, {} },
    { { only_one_of = { "a", "b" } }, { a = "x" }, { a = "x", b = "y" } },
    { { mutually_required = { "a", "b" } }, {}, { a = "x" } },
    { { mutually_exclusive = { "a", "c.d" } }, { a = "x" }, { a = "x", c = { d = 1 } } },
    { { distinct = { "a", "b" } }, { a = "x", b = "y" }, { a = "x", b = "x" } },
    { { conditional = { if_field = "a", if_match = { eq = "on" }, then_field = "b", then_match = { required = true } } },
      { a = "off" }, { a = "on" } },
    { { conditional = { if_field = "a", if_match = { eq = "on" }, then_field = "b", then_match = { eq = "x" } } },
      { a = "on", b = "x" }, { a = "on", b = "y" } },
    { { custom_entity_check = { field_sources = { "a", "c.d" }, fn = function(entity)
        return not (entity.a and entity.c and entity.c.d) or nil, "not both"
      end } }, { a = "x", b = "y" }, { a = "x", c = { d = 1 } } },
  }

  for _, case in ipairs(CASES) do
    it((next(case[1])) .. " distinguishes good from bad", function()
      assert.is_truthy(check(FIELDS, case[2], { case[1] }))
      local config, err = check(FIELDS, case[3], { case[1] })
      assert.is_nil(config)
      assert.is_string(err)
    end)
  end

  it("that are not known are refused", function()
    local _, err = check(FIELDS, {}, { { mutually_exclusive_sets = {} } })
    assert.equal("config: the schema's check 'mutually_exclusive_sets' is not supported by this host", err)
  end)
end)
