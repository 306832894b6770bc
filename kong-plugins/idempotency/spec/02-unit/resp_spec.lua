local fakes = require "spec.support.lua.fakes"

local LOCK = "L\r\n" .. ("l"):rep(46)


describe("resp", function()
  local resp

  setup(function()
    fakes.install()
    resp = require "kong.plugins.idempotency.resp"
  end)


  -- a socket that has `bytes` to be read, and then an error
  local function socket(bytes, err)
    return {
      receive = function(_, count)
        if count then
          if #bytes < count then
            return nil, err or "closed"
          end

          local data = bytes:sub(1, count)
          bytes = bytes:sub(count + 1)
          return data
        end

        local line, rest = bytes:match("^(.-)\r\n(.*)$")
        if not line then
          return nil, err or "closed"
        end

        bytes = rest
        return line
      end,
    }
  end


  it("reads integers, strings, statuses and nothing", function()
    assert.equal(7, resp.read(socket(":7\r\n")))
    assert.equal(123456, resp.read(socket(":123456\r\n")))
    assert.equal("a\r\nb", resp.read(socket("$4\r\na\r\nb\r\n")))
    assert.equal("", resp.read(socket("$0\r\n\r\n")))
    assert.equal("OK", resp.read(socket("+OK\r\n")))
    assert.equal(ngx.null, resp.read(socket("$-1\r\n")))
  end)


  it("distinguishes a refusal from no reply", function()
    local reply, err = resp.read(socket("-ERR no\r\n"))
    assert.is_false(reply)
    assert.equal("ERR no", err)

    reply, err = resp.read(socket("", "timeout"))
    assert.is_nil(reply)
    assert.equal("timeout", err)
  end)


  it("reads arrays", function()
    assert.same({ "mymaster", 6379 }, resp.read(socket("*2\r\n$8\r\nmymaster\r\n:6379\r\n")))
    assert.same({}, resp.read(socket("*0\r\n")))
    assert.equal(ngx.null, resp.read(socket("*-1\r\n")))
  end)


  it("takes no nonsense", function()
    for _, bytes in ipairs({ "*x\r\n", "*2\r\n:0\r\n", "\r\n", "hello\r\n", "$x\r\n", "$5\r\nab" }) do
      assert.is_nil((resp.read(socket(bytes))))
    end
  end)


  it("sends a command and reads its reply", function()
    local sock, sent = socket("+OK\r\n"), nil
    function sock.send(_, text)
      sent = fakes.flat(text)
      return #sent
    end

    assert.equal("OK", resp.call(sock, "AUTH", "a user", ""))
    assert.equal("*3\r\n$4\r\nAUTH\r\n$6\r\na user\r\n$0\r\n\r\n", sent)

    function sock.send()
      return nil, "broken pipe"
    end
    assert.same({ nil, "broken pipe" }, { resp.call(sock, "SELECT", "1") })
  end)


  it("leaves the next reply where it is", function()
    local sock = socket("$2\r\nab\r\n:1\r\n")
    assert.equal("ab", resp.read(sock))
    assert.equal(1, resp.read(sock))
  end)
end)


describe("script", function()
  local script

  setup(function()
    fakes.install()
    script = require "kong.plugins.idempotency.script"
  end)


  -- the parts of a command, as a server reads it
  local function parts(command)
    command = fakes.flat(command)
    local count, at = command:match("^%*(%d+)\r\n()")
    local list = {}
    for i = 1, tonumber(count) do
      local length, start = command:match("^%$(%d+)\r\n()", at)
      list[i] = command:sub(start, start + length - 1)
      assert.equal("\r\n", command:sub(start + length, start + length + 1))
      at = start + length + 2
    end

    assert.equal(#command + 1, at)
    return list
  end


  it("writes commands as they travel", function()
    assert.same({ "EVALSHA", script.SHA1, "1", "key", "claim", LOCK, "1000" }, parts(script.claim("key", LOCK, "1000")))
    assert.same({ "EVALSHA", script.SHA1, "1", "key", "complete", LOCK, "60000", "record" },
      parts(script.complete("key", LOCK, "60000", "record")))
    assert.same({ "EVALSHA", script.SHA1, "1", "key", "release", LOCK }, parts(script.release("key", LOCK)))
  end)


  it("writes SET commands as they are sent", function()
    local set_commands = require "kong.plugins.idempotency.set_commands"
    assert.same({ "SET", "key", LOCK, "NX", "GET", "PX", "1000" }, parts(set_commands.claim("key", LOCK, "1000")))
    assert.same({ "SET", "key", "record", "IFEQ", LOCK, "PX", "60000" },
      parts(set_commands.complete("key", LOCK, "60000", "record")))
  end)


  it("writes them with its text for a server that does not know it", function()
    local command = script.claim("key", LOCK, "1000")
    script.by_text(command)
    assert.same({ "EVAL", script.TEXT, "1", "key", "claim", LOCK, "1000" }, parts(command))
  end)
end)
