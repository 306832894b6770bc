-- Calls of the script. Those that come while another one is on its way to Redis and back wait for its return and then
-- travel together, in one write on one connection: most of what a call costs a busy gateway is system calls and the
-- handling of connections, which are then shared. A call that comes alone goes at once.
--
-- Whoever has waited longest sends for all, reads the replies in order and wakes those who wait for them. Nobody waits
-- long: a connection that hangs holds up its own calls, and for a moment those that came right after them.

local connection = require "kong.plugins.idempotency.connection"
local resp = require "kong.plugins.idempotency.resp"
local script = require "kong.plugins.idempotency.script"
local semaphore = require "ngx.semaphore"

local find = string.find
local now = ngx.now
local pcall = pcall
local setmetatable = setmetatable

local MAX_CALLS = 16 -- that travel together
local MAX_BYTES = 65536 -- of records that travel together; a larger one goes alone
local HOLD = 0.05 -- seconds; a journey that takes longer is not waited for (a busy turn of the event loop takes 20 ms)
local MAX_SPARE = 256

local _M = {}

-- by Redis configuration, for nothing is shared between two of them: the calls that wait, and when the journey began
-- whose end they wait for
local LANES = setmetatable({}, { __mode = "k" })

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


-- sends the calls; whatever happens, each of them ends, and who waited for them goes next
local function deliver(conf, lane, calls)
  local journey = {}
  lane.journey, lane.began = journey, now()

  local ok, err = pcall(send, conf, calls)
  if not ok then
    fail(calls, err)
  end

  if lane.journey ~= journey then
    return -- another one began meanwhile; those who wait go after that
  end

  lane.journey = nil
  if lane.waiting then
    lane.waiting[1].answered:post(1)
  end
end


-- seconds after which a call is given up, whatever became of who sends it
local function patience(conf)
  local timeout = conf.timeout
  return ((conf.connect_timeout or timeout) + (conf.send_timeout or timeout) + (conf.read_timeout or timeout)) / 500
end


-- waits for the reply to `call`, one of `calls`
local function wait(conf, lane, calls, call)
  local answered = call.answered
  answered:wait(2 * HOLD)

  if lane.waiting == calls then
    -- the journey has ended, or takes too long
    lane.waiting = nil
    call.answered = nil
    return deliver(conf, lane, calls)
  end

  while not call.done do
    if not answered:wait(patience(conf)) then
      call.reply, call.err = nil, "timeout"
      return
    end
  end

  keep_semaphore(answered)
end


-- lets `call` travel with those that wait; the last there is room for sends at once
local function join(conf, lane, calls, call)
  local count = #calls + 1
  calls[count] = call

  if count == MAX_CALLS then
    lane.waiting = nil
    return deliver(conf, lane, calls)
  end

  call.answered = new_semaphore()
  wait(conf, lane, calls, call)
end


--- Runs a command of script.lua with `bytes` bytes of record in it.
-- @treturn number|string|boolean|nil the reply; false if Redis refused, nil if it did not answer
-- @treturn string|nil what went wrong
-- @treturn boolean|nil without a reply: true if Redis may have run it all the same, or may yet
function _M.run(conf, command, bytes)
  local lane = LANES[conf]
  if not lane then
    lane = {}
    LANES[conf] = lane
  end

  local call = { command = command }
  local waiting = lane.waiting

  if waiting and waiting.bytes + bytes <= MAX_BYTES then
    waiting.bytes = waiting.bytes + bytes
    join(conf, lane, waiting, call)

  elseif not waiting and bytes <= MAX_BYTES and lane.journey and now() - lane.began < HOLD then
    waiting = { bytes = bytes }
    lane.waiting = waiting
    join(conf, lane, waiting, call)

  else
    deliver(conf, lane, { call })
  end

  if call.reply == nil and (call.sent or not call.done) then
    return nil, call.err, true
  end

  return call.reply, call.err
end


return _M
