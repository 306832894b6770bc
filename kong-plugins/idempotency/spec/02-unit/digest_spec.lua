local digest = require "kong.plugins.idempotency.digest"


local function hex(bytes)
  return (bytes:gsub(".", function(one) return ("%02x"):format(one:byte()) end))
end


describe("digest", function()
  it("is SHA-256 (FIPS 180-4, examples)", function()
    assert.equal("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", digest.sha256_hex("abc"))
    assert.equal("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", digest.sha256_hex(""))
    assert.equal("248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1",
      digest.sha256_hex("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"))
  end)


  it("is the same in bytes", function()
    assert.equal(digest.sha256_hex("abc"), hex(digest.sha256("abc")))
  end)


  it("is SHA-1, as Redis names scripts", function()
    assert.equal("a9993e364706816aba3e25717850c26c9cd0d89d", digest.sha1_hex("abc"))
  end)


  -- RFC 4231, section 4: key, data, HMAC-SHA-256 (test 5 is truncated to 128 bits there)
  local VECTORS = {
    { ("\11"):rep(20), "Hi There", "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7" },
    { "Jefe", "what do ya want for nothing?", "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843" },
    { ("\170"):rep(20), ("\221"):rep(50), "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe" },
    { "\1\2\3\4\5\6\7\8\9\10\11\12\13\14\15\16\17\18\19\20\21\22\23\24\25", ("\205"):rep(50),
      "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b" },
    { ("\12"):rep(20), "Test With Truncation", "a3b6167473100ee06e0c796c2955552b" },
    { ("\170"):rep(131), "Test Using Larger Than Block-Size Key - Hash Key First",
      "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54" },
    { ("\170"):rep(131), "This is a test using a larger than block-size key and a larger than block-size data. " ..
      "The key needs to be hashed before being used by the HMAC algorithm.",
      "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2" },
  }

  for i, vector in ipairs(VECTORS) do
    it("is HMAC-SHA-256 (RFC 4231, test case " .. i .. ")", function()
      local mac = hex(digest.hmac_sha256(vector[1], vector[2], ""))
      assert.equal(vector[3], mac:sub(1, #vector[3]))
    end)
  end


  it("remembers no key too long", function()
    local first = digest.hmac_sha256("a", "da", "ta")
    assert.not_equal(first, digest.hmac_sha256("b", "da", "ta"))
    assert.equal(first, digest.hmac_sha256("a", "", "data"))
  end)


  it("draws different random bytes each time, beyond one stock of them", function()
    local seen = {}
    for _ = 1, 200 do
      local bytes = digest.random(16)
      assert.equal(16, #bytes)
      assert.is_nil(seen[bytes])
      seen[bytes] = true
    end
  end)
end)
