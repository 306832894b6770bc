local router = require "gateway.router"

local function route(name, path, kind, methods, hosts)
  return { name = name, paths = { { path = path, type = kind } }, methods = methods or { "GET" }, hosts = hosts }
end


local function new(...)
  local made = router.new()
  for _, one in ipairs { ... } do
    assert.is_nil(made:conflict_of(one))
    made:add(one)
  end

  return made
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

  it("leaves a method that the best path lacks to no wider path, and says which it has", function()
    local made = new(route("get", "/a/b", "Exact"), route("put", "/a/b", "Exact", { "PUT" }),
                     route("post", "/a", "Prefix", { "POST" }))
    local found, allow = made:match("POST", "/a/b")
    assert.is_nil(found)
    assert.equal("GET, PUT", allow)
    assert.same({}, { made:match("GET", "/b") })
  end)

  it("finds two routes for the same request", function()
    local made = new(route("a", "/a", "Prefix"))
    assert.equal("The routes 'a' and 'b' both match GET /a.", made:conflict_of(route("b", "/a/", "Prefix")))
  end)

  it("lets a route say the same path twice", function()
    local twice = route("a", "/a", "Prefix")
    twice.paths[2] = { path = "/a/", type = "Prefix" }
    assert.equal("a", winner(new(twice), "GET", "/a"))
  end)

  it("looks no deeper than its routes are", function()
    local made = new(route("a", "/a/b", "Prefix"))
    assert.equal("a", winner(made, "GET", "/a/b" .. ("/x"):rep(10000)))
    assert.is_nil(winner(made, "GET", ("/x"):rep(10000)))
  end)
end)
