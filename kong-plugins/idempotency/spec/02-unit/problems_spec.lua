local cjson = require "cjson"
local problems = require "kong.plugins.idempotency.problems"


describe("problems", function()
  for code, problem in pairs(problems.CATALOGUE) do
    it("answers " .. code .. " as RFC 9457 says", function()
      local answer = problems.answer(code, "id-1")
      local body = cjson.decode(answer.body)

      assert.equal(problem.status, answer.status)
      assert.equal("application/problem+json", answer.headers["Content-Type"])
      assert.equal("/problems/" .. code, body.type)
      assert.equal(problem.status, body.status)
      assert.equal(code, body.code)
      assert.equal("id-1", body.request_id)
      assert.is_string(body.title)
      assert.is_string(body.detail)
    end)
  end


  it("says when to come back where that helps", function()
    for _, code in ipairs({ "idempotency-in-flight", "idempotency-unavailable" }) do
      assert.is_number(problems.answer(code).headers["Retry-After"])
    end
  end)


  it("writes a document as the platform's services do", function()
    assert.equal('{"type":"/problems/idempotency-key-missing","title":"Idempotency key missing","status":400,'
                 .. '"code":"idempotency-key-missing","detail":"This request must carry an idempotency key.",'
                 .. '"request_id":"id-1"}', problems.answer("idempotency-key-missing", "id-1").body)
    assert.is_nil(cjson.decode(problems.answer("idempotency-key-missing").body).request_id)
  end)


  it("answers in Korean where the request prefers it", function()
    for code, problem in pairs(problems.CATALOGUE) do
      local answer = problems.answer(code, nil, "ko-KR,ko;q=0.9,en;q=0.8")
      local body = cjson.decode(answer.body)

      assert.same({ problem.ko.title, problem.ko.detail }, { body.title, body.detail })
      assert.same({ "ko", "Accept-Language" }, { answer.headers["Content-Language"], answer.headers["Vary"] })
    end
  end)


  for header, expected in pairs({
    [""] = "en", ["fr"] = "en", ["en, ko;q=0.5"] = "en", ["ko;q=0"] = "en", ["KO"] = "ko", ["fr, ko;q=0.1"] = "ko",
    ["ko;level=1;q=0.1, en;q=0.5"] = "en", ["ko;q=x"] = "en", ["korean"] = "en", [",;,"] = "en", ["en, ko"] = "en",
  }) do
    it("takes '" .. header .. "' for " .. expected, function()
      assert.equal(expected, problems.answer("idempotency-key-missing", nil, header).headers["Content-Language"])
    end)
  end


  it("reads a header that came twice", function()
    assert.equal("ko", problems.answer("idempotency-key-missing", nil, { "ko", "en" }).headers["Content-Language"])
  end)


  it("shares no table between answers", function()
    problems.answer("idempotency-in-flight").headers["X"] = "1"
    assert.is_nil(problems.answer("idempotency-in-flight").headers["X"])
  end)
end)
