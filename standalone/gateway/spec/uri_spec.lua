local uri = require "gateway.uri"

describe("uri.normalize", function()
  local CASES = {
    { "/", "/" },
    { "/a/b", "/a/b" },
    { "/a/b/", "/a/b/" },
    { "/a//b", "/a/b" },
    { "//a", "/a" },
    { "/a/./b", "/a/b" },
    { "/a/../b", "/b" },
    { "/../b", "/b" },
    { "/a/..", "/" },
    { "/a/b/..", "/a/" },
    { "/a/.", "/a/" },
    { "/.well-known/x", "/.well-known/x" },
    { "/a/...", "/a/..." },
    { "/%61/%2e%2e/b", "/b" },
    { "/a%2Fb", "/a%2Fb" },
    { "/a%2fb", "/a%2Fb" },
    { "/a%20b", "/a b" },
    { "/a%25b", "/a%25b" },
    { "/%zz", "/%zz" },
    { "/%252e%252e/b", "/%252e%252e/b" },
  }

  for _, case in ipairs(CASES) do
    it(("makes %s of %s"):format(case[2], case[1]), function()
      assert.equal(case[2], uri.normalize(case[1]))
    end)
  end

  it("is stable", function()
    for _, case in ipairs(CASES) do
      assert.equal(case[2], uri.normalize(case[2]))
    end
  end)
end)


describe("uri.escape", function()
  it("leaves what may stand in a request line", function()
    local path = "/a-b_c.d~e!$&'()*+,;=:@/%2F[]"
    assert.equal(path, uri.escape(path))
  end)

  it("escapes everything else", function()
    assert.equal("/a%20b%22%3C%5C%C3%A9%0D%0A", uri.escape('/a b"<\\\195\169\r\n'))
  end)
end)


describe("uri.split", function()
  it("distinguishes an empty query from none", function()
    assert.same({ "/a", nil }, { uri.split("/a") })
    assert.same({ "/a", "" }, { uri.split("/a?") })
    assert.same({ "/a", "b?c" }, { uri.split("/a?b?c") })
  end)
end)
