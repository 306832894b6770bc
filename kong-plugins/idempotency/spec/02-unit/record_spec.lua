local record = require "kong.plugins.idempotency.record"

local FINGERPRINT = ("f"):rep(32)


local function all()
  return true
end


local function parse(value, keeps)
  local answer = record.open(value)
  return answer and { status = answer.status, headers = record.headers(answer, keeps), body = answer.body }
end


local function answer_of(headers, body)
  return record.answer(FINGERPRINT, 201, headers, headers, all, body)
end


describe("record", function()
  it("gives back what went in, byte for byte", function()
    local everything = {}
    for i = 0, 255 do
      everything[i + 1] = string.char(i)
    end

    for _, body in ipairs({ "", "body", "\r\n\r\n", "201 1 1\n", table.concat(everything) }) do
      local headers = { ["Content-Type"] = "a: b", Link = { "</a>", "</b>" }, Empty = "" }
      local answer = parse(answer_of(headers, body), all)

      assert.equal(201, answer.status)
      assert.equal(body, answer.body)
      assert.same(headers, answer.headers)
    end
  end)


  it("keeps the headers that are to be kept, as the service sent them", function()
    local sent = { A = "service", B = "service", Link = { "</a>", "</b>" } }
    local names = { A = "client", B = "client", C = "client", Link = "client" }
    local value = record.answer(FINGERPRINT, 201, sent, names, function(name) return name ~= "B" end, "")
    assert.same({ A = "service", Link = { "</a>", "</b>" } }, parse(value, all).headers)
  end)


  it("adds at most 60 bytes to headers and body", function()
    local value = answer_of({ A = "b" }, ("x"):rep(1000000))
    assert.is_true(#value - 1000000 - #"A:b\n" <= 60)
  end)


  it("has locks and tombstones of a fixed length, which the script checks", function()
    assert.equal(49, #record.lock(FINGERPRINT, ("o"):rep(record.OWNER_BYTES)))
    assert.equal(33, #record.tombstone(FINGERPRINT))
  end)


  it("recognizes a lock of unknown outcome, and when it ends", function()
    local lock = record.unknown(FINGERPRINT, 1764508800)
    assert.equal(49, #lock)
    assert.equal("L" .. FINGERPRINT, lock:sub(1, 33))
    assert.equal(1764508800, record.ends_at(lock))
    assert.is_nil(record.ends_at(record.lock(FINGERPRINT, ("o"):rep(16))))
  end)


  it("parses nothing but answers", function()
    local answer = answer_of({ A = "b" }, "body")
    local BAD = {
      "", "A", "A" .. FINGERPRINT, record.tombstone(FINGERPRINT), record.lock(FINGERPRINT, ("o"):rep(16)),
      answer .. "x", answer:sub(1, -2), (answer:gsub("201", "999")), (answer:gsub("201", "500")), (answer:gsub("201", "-01")),
      "A" .. FINGERPRINT .. "201 5\nbody", "B" .. answer:sub(2),
      "A" .. FINGERPRINT .. "0201 4 4\nA:b\nbody", "A" .. FINGERPRINT .. "201  4\nbody", "A" .. FINGERPRINT .. "201 0 \n",
      "A" .. FINGERPRINT .. "201 4 0000000004\nA:b\nbody", "A" .. FINGERPRINT .. "201 +4 4\nA:b\nbody",
      "A" .. FINGERPRINT .. "201 4 4 A:b\nbody",
    }

    for i, value in ipairs(BAD) do
      assert.is_nil(parse(value, all), "value " .. i)
    end

  end)


  it("replays only headers that may be kept, without bytes that could end a header", function()
    local block = "Keep:1\nDrop:2\nBad:a\rb\nNul:a\0b\nnonsense\n:\n"
    local value = "A" .. FINGERPRINT .. "200 " .. #block .. " 2\n" .. block .. "ok"
    local answer = parse(value, function(name) return name ~= "Drop" end)

    assert.same({ Keep = "1" }, answer.headers)
    assert.equal("ok", answer.body)
  end)
end)
