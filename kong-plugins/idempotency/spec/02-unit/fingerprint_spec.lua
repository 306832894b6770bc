local fingerprint = require "kong.plugins.idempotency.fingerprint"


describe("fingerprint", function()
  it("differs in every part, and in where a part ends", function()
    local REQUESTS = {
      { "s", "POST", "/a", "t", "", "b" },
      { "z", "POST", "/a", "t", "", "b" },
      { "s", "PUT", "/a", "t", "", "b" },
      { "s", "POST", "/b", "t", "", "b" },
      { "s", "POST", "/a", "u", "", "b" },
      { "s", "POST", "/a", "t", "", "c" },
      { "s", "POST", "/at", "", "", "b" },
      { "s", "POST", "/a", "", "", "tb" },
      { "s", "POST", "/a", "tb", "", "" },
      { "s", "POST", "/a\n1:t", "", "", "b" },
      { "s", "POST", "/a", "t", "admin", "b" },
      { "s", "POST", "/a", "t", "admin,clerk", "b" },
      { "s", "POST", "/a", "t", "", "5:admin\nb" },
    }

    local seen = {}
    for i, request in ipairs(REQUESTS) do
      local print = fingerprint.compute(unpack(request))
      assert.equal(32, #print)
      assert.is_nil(seen[print], "request " .. i .. " equals request " .. tostring(seen[print]))
      seen[print] = i
    end
  end)


  it("is bound to scope and key where no secret is configured", function()
    local secret = fingerprint.secret_without_configuration
    assert.not_equal(secret("a", "bc"), secret("ab", "c"))
    assert.equal(secret("a", "b"), secret("a", "b"))
  end)
end)
