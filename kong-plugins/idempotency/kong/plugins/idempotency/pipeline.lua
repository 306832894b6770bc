-- Calls of the script. Those that a worker makes within one turn of its event loop travel
-- to Redis in one write on one connection: most of what a call costs a busy gateway is
-- system calls and the handling of connections, which are then shared.
--
-- The first to call leads: it lets others of its turn join, sends for all, reads the replies
-- in order and wakes those who wait for them. No batch waits for an earlier one: a call takes
-- one round trip, and a connection that hangs holds up its own batch alone. Where nobody
-- ever joins, nobody is waited for.

local connection = require "kong.plugins.idempotency.connection"
local resp = require "kong.plugins.idempotency.resp"
local script = require "kong.plugins.idempotency.script"
local semaphore = require "ngx.semaphore"

local find = string.find
local now = ngx.now
local pcall = pcall
local setmetatable = setmetatable
local sleep = ngx.sleep

local MAX_CALLS = 16 -- in a batch
local MAX_BYTES = 65536 -- of records in a batch; a larger one goes alone
local ALONE = 16 -- batches that nobody joined, after which a call does not wait for company
local STALE = 1 -- seconds; a batch that was not sent by then lost its leader
local MAX_SPARE = 256

local _M = {}

-- by Redis configuration, for nothing is shared between two of them: the batches that can be
-- joined, how many are under way, how many in a row nobody joined
local JOINABLE = setmetatable({}, { __mode = "k" })
local UNDER_WAY = setmetatable({}, { __mode = "k" })
local ALONE_SO_FAR = setmetatable({}, { __mode = "k" })

-- semaphores that nobody will post to any more
local spare, spare_count = {}, 0


local function new_semaphore()
  if spare_count == 0 then
    return semaphore.new(0)
  end

  local answered = spare[spare_count]
  spare[spare_count] = nil
  spare_count = spare_count - 1
  return answered
end


local function keep_semaphore(answered)
  if spare_count < MAX_SPARE then
    spare_count = spare_count + 1
    spare[spare_count] = answered
  end
end


local function answer(call, reply, err)
  call.done, call.reply, call.err = true, reply, err

  local answered = call.answered
  if answered then
    answered:post(1)
  end
end


local function fail(calls, err)
  for i = 1, #calls do
    if not calls[i].done then
      answer(calls[i], nil, err)
    end
  end
end


-- sockets take nested tables of strings
local function commands_of(calls)
  local commands = {}
  for i = 1, #calls do
    commands[i] = calls[i].command
  end

  return commands
end


-- Sends the calls on a connection and hands out the replies.
-- @treturn table the calls that have to be sent again: Redis did not know the script, or
--   there was no reply
-- @treturn string|nil why the connection is out of step
-- @treturn boolean whether Redis refused a call
local function exchange(conf, sock, calls)
  local again = {}
  local any_refused = false
  local _, err = sock:send(commands_of(calls))

  for i = 1, #calls do
    local call = calls[i]
    local reply, refused
    call.sent = true

    if not err then
      reply, refused = resp.read(sock)
      if reply == nil then
        err = refused
      end
    end

    if err then
      again[#again + 1] = call

    elseif reply == false and not call.by_text and find(refused, "NOSCRIPT", 1, true) == 1 then
      call.by_text = true
      script.by_text(call.command)
      again[#again + 1] = call

    elseif reply == false and not call.moved and connection.is_elsewhere(conf, refused) then
      call.moved = true
      connection.doubt(conf)
      any_refused = true
      again[#again + 1] = call

    else
      any_refused = any_refused or reply == false
      answer(call, reply, refused)
    end
  end

  return again, err, any_refused
end


-- A pooled connection that died meanwhile is replaced, again and again until a fresh one
-- answers: a call may run twice, so the script is idempotent.
local function send(conf, calls)
  while #calls > 0 do
    local red, fresh = connection.open(conf)
    if not red then
      return fail(calls, fresh)
    end

    local err, refused
    calls, err, refused = exchange(conf, red._sock, calls)

    -- a Redis that refuses may have become a replica or forgotten the user: the next one looks again
    if err or refused then
      red:close()
    else
      connection.keep(conf, red)
    end

    if err == "timeout" then
      connection.doubt(conf)
    end

    -- a time-out says that Redis is slow, not that the connection is dead
    if err and (fresh or err == "timeout") then
      return fail(calls, err)
    end
  end
end


-- sends the calls; whatever happens, each of them ends
local function deliver(conf, calls)
  UNDER_WAY[conf] = (UNDER_WAY[conf] or 0) + 1
  local ok, err = pcall(send, conf, calls)
  UNDER_WAY[conf] = UNDER_WAY[conf] - 1

  if not ok then
    fail(calls, err)
  end
end


-- seconds after which a call is given up, whatever became of who sends it
local function patience(conf)
  local timeout = conf.timeout
  return ((conf.connect_timeout or timeout) + (conf.send_timeout or timeout) + (conf.read_timeout or timeout)) / 500
end


local function wait(conf, call)
  local answered = call.answered
  if not answered:wait(patience(conf)) then
    call.reply, call.err = nil, "timeout"
    return
  end

  keep_semaphore(answered)
end


local function lead(conf, calls)
  JOINABLE[conf] = calls
  sleep(0)

  if calls.taken then
    return wait(conf, calls[1])
  end

  ALONE_SO_FAR[conf] = #calls == 1 and (ALONE_SO_FAR[conf] or 0) + 1 or 0

  if JOINABLE[conf] == calls then
    JOINABLE[conf] = nil
  end

  deliver(conf, calls)
end


-- The last that a batch has room for sends it at once: Redis is at work then while the worker
-- goes on with its turn.
local function take(conf, calls)
  JOINABLE[conf] = nil
  calls.taken = true
  calls[1].answered = new_semaphore()
  deliver(conf, calls)
end


-- whether others may come in the same turn
local function has_company(conf)
  if (UNDER_WAY[conf] or 0) > 0 then
    ALONE_SO_FAR[conf] = 0
    return true
  end

  return (ALONE_SO_FAR[conf] or 0) < ALONE
end


--- Runs a command of script.lua with `bytes` bytes of record in it.
-- @treturn number|string|boolean|nil the reply; false if Redis refused, nil if it did not answer
-- @treturn string|nil what went wrong
-- @treturn boolean|nil without a reply: true if Redis may have run it all the same, or may yet
function _M.run(conf, command, bytes)
  local call = { command = command }
  local calls = JOINABLE[conf]

  if calls and calls.bytes + bytes <= MAX_BYTES and now() - calls.born < STALE then
    local count = #calls + 1
    calls[count] = call
    calls.bytes = calls.bytes + bytes

    if count == MAX_CALLS then
      take(conf, calls)
    else
      call.answered = new_semaphore()
      wait(conf, call)
    end

  elseif bytes <= MAX_BYTES and has_company(conf) then
    lead(conf, { call, bytes = bytes, born = now() })

  else
    deliver(conf, { call })
  end

  if call.reply == nil and (call.sent or not call.done) then
    return nil, call.err, true
  end

  return call.reply, call.err
end


return _M
