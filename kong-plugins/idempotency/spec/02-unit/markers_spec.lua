local markers = require "kong.plugins.idempotency.markers"

local OURS = "Idempotency-Status, Idempotency-Stored, Idempotent-Replayed"


describe("markers.expose", function()
  it("adds to what is exposed already", function()
    assert.equal(OURS, markers.expose(nil))
    assert.equal(OURS, markers.expose(""))
    assert.equal("ETag, " .. OURS, markers.expose("ETag"))
    assert.equal("ETag, X-A, " .. OURS, markers.expose({ "ETag", "X-A" }))
  end)


  it("adds itself once", function()
    assert.equal("ETag, " .. OURS, markers.expose(markers.expose("ETag")))
    assert.equal("idempotency-status", markers.expose("idempotency-status"))
  end)
end)
