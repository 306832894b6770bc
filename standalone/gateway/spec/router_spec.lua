local router = require "gateway.router"

local function route(name, path, kind, methods, hosts)
  return { name = name, paths = { { path = path, type = kind } }, methods = methods or { "GET" }, hosts = hosts }
end


local function new(...)
  return assert(router.new { ... })
end


local function winner(made, method, path, host)
  local found = made:match(method, path, host)
  return found and found.name
end


describe("router", function()
  it("matches a prefix by path element", function()
    local made = new(route("a", "/api/a", "Prefix"))
    assert.equal("a", winner(made, "GET", "/api/a"))
    assert.equal("a", winner(made, "GET", "/api/a/"))
    assert.equal("a", winner(made, "GET", "/api/a/b/c"))
    assert.is_nil(winner(made, "GET", "/api/ab"))
    assert.is_nil(winner(made, "GET", "/api"))
    assert.is_nil(winner(made, "GET", "/"))
  end)

  it("takes a prefix with a last slash for the same", function()
    local made = new(route("a", "/a/", "Prefix"))
    assert.equal("a", winner(made, "GET", "/a"))
    assert.equal("a", winner(made, "GET", "/a/b"))
  end)

  it("matches an exact path exactly", function()
    local made = new(route("a", "/a", "Exact"))
    assert.equal("a", winner(made, "GET", "/a"))
    assert.is_nil(winner(made, "GET", "/a/"))
    assert.is_nil(winner(made, "GET", "/A"))
  end)

  it("prefers exact to prefix, long to short, and a host to none", function()
    local made = new(route("root", "/", "Prefix"), route("short", "/a", "Prefix"), route("long", "/a/b", "Prefix"),
                     route("exact", "/a/b", "Exact"), route("hosted", "/", "Prefix", nil, { "Shop.Example" }))
    assert.equal("exact", winner(made, "GET", "/a/b"))
    assert.equal("long", winner(made, "GET", "/a/b/c"))
    assert.equal("short", winner(made, "GET", "/a/c"))
    assert.equal("root", winner(made, "GET", "/c"))
    assert.equal("hosted", winner(made, "GET", "/a/b", "shop.example"))
    assert.equal("exact", winner(made, "GET", "/a/b", "other.example"))
  end)

  it("falls to the next best route when the method does not fit", function()
    local made = new(route("get", "/a/b", "Exact"), route("post", "/a", "Prefix", { "POST" }))
    assert.equal("post", winner(made, "POST", "/a/b"))
    assert.is_nil(winner(made, "PUT", "/a/b"))
  end)

  it("refuses two routes for the same request", function()
    local made, err = router.new { route("a", "/a", "Prefix"), route("b", "/a/", "Prefix") }
    assert.is_nil(made)
    assert.equal("The routes 'a' and 'b' both match GET /a.", err)
  end)

  it("looks no deeper than its routes are", function()
    local made = new(route("a", "/a/b", "Prefix"))
    assert.equal("a", winner(made, "GET", "/a/b" .. ("/x"):rep(10000)))
    assert.is_nil(winner(made, "GET", ("/x"):rep(10000)))
  end)
end)
