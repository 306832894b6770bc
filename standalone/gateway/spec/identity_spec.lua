local identity = require "gateway.identity"

describe("identity.is_forbidden", function()
  local function forbidden(name, trusted, value)
    return identity.is_forbidden(name, value or "x", trusted)
  end

  it("lets the edge's headers pass where they are trusted, in their own spelling, once", function()
    assert.is_false(forbidden("X-Auth-Subject", true))
    assert.is_false(forbidden("x-auth-roles", true))
    assert.is_true(forbidden("X_Auth_Subject", true))
    assert.is_true(forbidden("X-Auth_Subject", true))
    assert.is_true(forbidden("X-Auth-Subject", true, { "a", "b" }))
  end)

  it("lets no other identity header pass", function()
    assert.is_true(forbidden("X-Auth-Other", true))
    assert.is_true(forbidden("X-Auth-", true))
  end)

  it("lets none pass where they are not trusted", function()
    for _, name in ipairs { "X-Auth-Subject", "x_auth_subject", "X-AUTH-SESSION", "X-Auth-Other" } do
      assert.is_true(forbidden(name, false))
    end
  end)

  it("drops second spellings of the headers that are set on the way", function()
    assert.is_true(forbidden("X_Forwarded_For", true))
    assert.is_true(forbidden("X-Real_IP", true))
    assert.is_false(forbidden("X-Forwarded-For", true))
  end)

  it("has nothing against the rest", function()
    for _, name in ipairs { "Accept", "X-Authority", "X_Custom", "Authorization", "Cookie" } do
      assert.is_false(forbidden(name, false))
    end
  end)
end)
