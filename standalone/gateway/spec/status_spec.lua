describe("status.set", function()
  local saved

  before_each(function()
    saved = { ngx = _G.ngx, resp = package.loaded["ngx.resp"] }
    _G.ngx = {}
    package.loaded["gateway.status"] = nil
  end)

  after_each(function()
    _G.ngx = saved.ngx
    package.loaded["ngx.resp"] = saved.resp
    package.loaded["gateway.status"] = nil
  end)

  -- What is set for `status`: nginx's own field, and what the Lua module's function gets.
  local function set(status, has_function)
    local given
    package.loaded["ngx.resp"] = {
      set_status = has_function and function(...)
        given = { ... }
      end or nil,
    }
    require("gateway.status").set(status)
    return ngx.status, given
  end

  it("names a status that nginx has no name for", function()
    local status, given = set(422, true)
    assert.is_nil(status)
    assert.are.same({ 422, "Unprocessable Content" }, given)
  end)

  it("leaves nginx its own names", function()
    local status, given = set(404, true)
    assert.are.equal(404, status)
    assert.is_nil(given)
  end)

  it("sets the status alone where the Lua module has no function for names", function()
    assert.are.equal(422, (set(422, false)))
  end)
end)
