local cookies = require "gateway.cookies"

local NAMES = { ["__Host-access"] = true, refresh = true }

describe("cookies.without", function()
  local CASES = {
    { "keeps others as they are", 'a=1;b="2"', 'a=1;b="2"' },
    { "removes one", "a=1; __Host-access=x; b=2", "a=1; b=2" },
    { "leaves nothing", "__Host-access=x; refresh=y", nil },
    { "sees names through spaces", " __Host-access =x ; a=1", "a=1" },
    { "sees names inside quotes", 'a="1; refresh=x"; b=2', 'a="1; b=2' },
    { "removes a name without a value", "refresh; a=1", "a=1" },
    { "removes every copy", "refresh=1; refresh=2; a=1", "a=1" },
    { "compares names with their case", "Refresh=1; xrefresh=2", "Refresh=1; xrefresh=2" },
    { "keeps an equals sign in a value", "a=b=refresh; refresh=1", "a=b=refresh" },
  }

  for _, case in ipairs(CASES) do
    it(case[1], function()
      assert.equal(case[3], cookies.without(case[2], NAMES))
    end)
  end
end)
