local fakes = require "spec.support.lua.fakes"

local FINGERPRINT = ("f"):rep(32)
local LOCK = "L" .. FINGERPRINT .. ("o"):rep(16)
local CLAIM = { key = "key", lock = LOCK }
local ANSWER = "A" .. FINGERPRINT .. "201 4 2\na:b\nhi"


describe("store", function()
  local store, conf, sent, replies, clock

  -- replies: in turn, { reply, error, doubtful } of the pipeline
  before_each(function()
    fakes.install()
    clock = 1000
    rawset(ngx, "now", function() return clock end)
    sent, replies = {}, {}
    conf = { redis = {} }
    package.loaded["kong.plugins.idempotency.metrics"] = { redis = function() end }
    package.loaded["kong.plugins.idempotency.pipeline"] = {
      run = function(_, command)
        sent[#sent + 1] = fakes.flat(command):find("EVALSHA", 1, true) and "script" or "set"
        local reply = table.remove(replies, 1)
        return reply[1], reply[2], reply[3]
      end,
    }
    store = require "kong.plugins.idempotency.store"
  end)


  local function claim(...)
    replies = { ... }
    return store.claim(conf, CLAIM, "1000")
  end


  local function complete(...)
    replies = { ... }
    return store.complete(conf, CLAIM, "1000", ANSWER)
  end


  it("claims a key that is not there, and its own once more, by a SET command", function()
    assert.equal("claimed", (claim({ ngx.null })))
    assert.equal("claimed", (claim({ LOCK })))
    assert.same({ "set", "set" }, sent)
  end)


  it("judges a record itself", function()
    local outcome, answer = claim({ ANSWER })
    assert.equal("replay", outcome)
    assert.same({ 201, "hi" }, { answer.status, answer.body })
    assert.equal("in-flight", (claim({ "L" .. FINGERPRINT .. ("p"):rep(16) })))
    assert.equal("mismatch", (claim({ "L" .. ("g"):rep(32) .. ("p"):rep(16) })))
    assert.equal("mismatch", (claim({ "A" .. ("g"):rep(32) .. "201 4 2\na:b\nhi" })))
    assert.equal("not-replayable", (claim({ "T" .. FINGERPRINT })))
    assert.same({ "set", "set", "set", "set", "set" }, sent)
  end)


  it("leaves what is no record to the script", function()
    for _, value in ipairs({ "", "x", "L", "T" .. FINGERPRINT .. "x", ANSWER .. "x", "A" .. FINGERPRINT .. "501 0 0\n" }) do
      sent = {}
      assert.equal("poisoned", (claim({ value }, { 1 })))
      assert.same({ "set", "script" }, sent)
    end
  end)


  it("does not send a second command after one that had no reply", function()
    assert.same({ nil, "timeout", true }, { claim({ nil, "timeout", true }) })
    assert.same({ nil, "timeout" }, { complete({ nil, "timeout", true }) })
    assert.same({ "set", "set" }, sent)
  end)


  it("does not lose a doubt: what was sent may have locked the key, unless the script says what is there", function()
    local oom = "OOM command not allowed"
    assert.same({ nil, oom, true }, { claim({ false, oom, true }, { false, oom }) })
    assert.same({ nil, oom, true }, { claim({ false, oom }, { false, oom, true }) })
    assert.same({ "claimed" }, { claim({ false, oom, true }, { 0 }) })
    assert.same({ "in-flight" }, { claim({ false, oom, true }, { 2 }) })
  end)


  it("asks a server that does not know the command, or does not let us run it, once a minute", function()
    for _, refusal in ipairs({ "ERR syntax error", "ERR unsupported option", "NOPERM this user has no permissions" }) do
      conf, sent, clock = { redis = {} }, {}, 1000
      assert.equal("claimed", (claim({ false, refusal }, { 0 })))
      assert.equal("claimed", (claim({ 0 })))
      -- the other command is another question
      assert.equal("stored", (complete({ "OK" })))
      assert.same({ "set", "script", "script", "set" }, sent)

      clock = 1060
      assert.equal("claimed", (claim({ ngx.null })))
      assert.equal("set", sent[#sent])
    end
  end)


  it("asks again after a refusal that may pass", function()
    assert.same({ nil, "OOM command not allowed" },
      { claim({ false, "OOM command not allowed" }, { false, "OOM command not allowed" }) })
    assert.equal("poisoned", (claim({ false, "WRONGTYPE Operation against a key" }, { 1 })))
    assert.equal("claimed", (claim({ ngx.null })))
    assert.same({ "set", "script", "set", "script", "set" }, sent)
  end)


  it("completes by a SET command while the lock stands, and asks the script what has become of it otherwise", function()
    assert.equal("stored", (complete({ "OK" })))
    assert.equal("stored", (complete({ ngx.null }, { 0 })))
    assert.equal("expired", (complete({ ngx.null }, { 1 })))
    assert.equal("lost", (complete({ false, "WRONGTYPE" }, { 2 })))
    assert.same({ "set", "set", "script", "set", "script", "set", "script" }, sent)
  end)
end)
