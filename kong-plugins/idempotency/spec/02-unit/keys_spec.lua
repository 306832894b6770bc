local keys = require "kong.plugins.idempotency.keys"


describe("keys.sf_string", function()
  local STRINGS = {
    ['"abc"'] = "abc",
    ['""'] = "",
    ['"a\\"b"'] = 'a"b',
    ['"a\\\\b"'] = "a\\b",
    ['"a\\\\"'] = "a\\",
    ['"abc";a'] = "abc",
    ['"abc"; a=1;b="x";c=?1'] = "abc",
    ['"abc"  '] = "abc",
    ['"a;b=c"'] = "a;b=c",
  }

  for text, value in pairs(STRINGS) do
    it("reads " .. text, function()
      assert.equal(value, keys.sf_string(text))
    end)
  end

  for _, text in ipairs({ '"', '"abc', '"abc\\"', '"a\\b"', '"a"b', '"a" "b"', '"a","b"', '"a";', '"a";=1', '"a";A=1', '"a";a=' }) do
    it("refuses " .. text, function()
      assert.is_nil(keys.sf_string(text))
    end)
  end
end)


describe("keys.read", function()
  local NAMES = keys.names({ "X-Idempotency-Key", "Idempotency-Key" })

  local function assert_invalid(headers)
    local key, problem = keys.read(headers, NAMES)
    assert.is_nil(key)
    assert.equal("idempotency-key-invalid", problem)
  end


  it("finds no key where there is none", function()
    local key, problem = keys.read({ ["x-other"] = "1" }, NAMES)
    assert.is_nil(key)
    assert.is_nil(problem)
  end)


  it("does not ask the table's metatable, which resolves underscores", function()
    local headers = setmetatable({}, { __index = function() return "key" end })
    assert.is_nil((keys.read(headers, NAMES)))
  end)


  it("takes 1 to 255 printable ASCII characters", function()
    for _, key in ipairs({ "a", ("k"):rep(255), "two words", "~!@#$%^&*()" }) do
      assert.equal(key, (keys.read({ ["x-idempotency-key"] = key }, NAMES)))
    end
  end)


  it("refuses all others", function()
    for _, key in ipairs({ "", ("k"):rep(256), "\127", "\31", "\195\188", "a\tb" }) do
      assert_invalid({ ["x-idempotency-key"] = key })
      assert_invalid({ ["idempotency-key"] = key })
    end
  end)


  it("refuses a repeated header, even with one value", function()
    assert_invalid({ ["x-idempotency-key"] = { "a", "a" } })
    assert_invalid({ ["idempotency-key"] = { "a", "b" } })
  end)


  it("takes both headers if they say the same", function()
    assert.equal("a", (keys.read({ ["x-idempotency-key"] = "a", ["idempotency-key"] = '"a"' }, NAMES)))
    assert.equal("a", (keys.read({ ["x-idempotency-key"] = '"a"', ["idempotency-key"] = '"a"' }, NAMES)))
    assert_invalid({ ["x-idempotency-key"] = "a", ["idempotency-key"] = "b" })
  end)


  it("takes a token of RFC 9110 or RFC 8941 for a string", function()
    for _, key in ipairs({ "8e03978e-40d5-43dd-bc93-6fe8bb5c9a4d", "a", "*a", "a:b/c", "!#$%&'*+-.^_`|~", "42", "-1.5" }) do
      assert.equal(key, (keys.read({ ["idempotency-key"] = key }, NAMES)))
    end
  end)


  it("refuses the other types of a structured field", function()
    for _, key in ipairs({ ":YWJj:", "?1", "?0", "@1659578233", "(a)", "a=b", "/a", "a;b", "a@b", "{a}" }) do
      assert_invalid({ ["idempotency-key"] = key })
    end
  end)


  it("refuses a list where one token is expected", function()
    assert_invalid({ ["idempotency-key"] = "a, b" })
    assert_invalid({ ["idempotency-key"] = "a b" })
    assert_invalid({ ["idempotency-key"] = 'a"b' })
  end)
end)
