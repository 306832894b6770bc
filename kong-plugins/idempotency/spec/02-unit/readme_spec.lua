local function read(path)
  local file = assert(io.open(path))
  local text = file:read("*a")
  file:close()
  return text
end


describe("the README's table of the contract", function()
  local rows, specs

  setup(function()
    specs = {}
    for path in io.popen("ls spec/*/test_*.py"):lines() do
      specs[path:match("(test_[%w_]+)%.py$")] = read(path)
    end

    rows = {}
    local _, start = read("README.md"):find("## The contract, sentence by sentence", 1, true)
    local table_text = read("README.md"):sub(start):match("\n|%-%-%-|%-%-%-|\n(.-)\n\n")
    for line in (table_text .. "\n"):gmatch("(.-)\n") do
      local sentence, tests = line:match("^| (.-) | ([^|]+) |$")
      rows[#rows + 1] = { sentence = sentence or line, tests = tests or "" }
    end
  end)


  it("names at least one test for each sentence", function()
    assert.is_true(#rows > 30)
    for _, row in ipairs(rows) do
      assert.truthy(row.tests:find("`test_", 1, true), row.sentence)
    end
  end)


  it("names tests that exist", function()
    for _, row in ipairs(rows) do
      for group in (row.tests .. ";"):gmatch("(.-);") do
        local file, names = group:match("(test_[%w_]+): (.+)$")
        assert.truthy(file, row.sentence)
        assert.truthy(specs[file], file)
        for name in names:gmatch("`(test_[%w_]+)`") do
          assert.truthy(specs[file]:find("def " .. name .. "(", 1, true), file .. ": " .. name)
        end
      end
    end
  end)

end)
