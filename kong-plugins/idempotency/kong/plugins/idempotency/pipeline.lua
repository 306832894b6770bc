-- Calls of Redis. Those that come while another one is on its way to Redis and back wait for its return and then
-- travel together, in one write on one connection: most of what a call costs a busy gateway is system calls and the
-- handling of connections, which are then shared. A call that comes alone goes at once.
--
-- Anyone who has waited longest sends for all, reads the replies in order and wakes those who wait for them. No one waits
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

-- how many journeys there were: each is known by its number
local journeys = 0

-- semaphores that no one will post to any more
local spare, spare_count = {}, 0


-- All that a call will ever have is there from the start, for a table that grows is dear: the command, its reply,
-- whether that came, whom to wake then; what to do meanwhile; whether a reply was lost, and what was tried already.
local function new_call(command, meanwhile, argument)
  return {
    command = command, reply = false, err = false, done = false, answered = false,
    meanwhile = meanwhile or false, argument = argument,
    lost = false, by_text = false, moved = false,
  }
end


-- does what is to be done while Redis is at work; in the request whose call it is, whatever that comes to
local function use_the_time(call)
  local meanwhile = call.meanwhile
  if meanwhile then
    call.meanwhile = false
    pcall(meanwhile, call.argument)
  end
end


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
  if #calls == 1 then
    return calls[1].command
  end

  local commands = {}
  for i = 1, #calls do
    commands[i] = calls[i].command
  end

  return commands
end


-- Sends the calls on a connection and hands out the replies.
-- @treturn table|nil the calls that have to be sent again: Redis did not know the script, or
--   there was no reply
-- @treturn string|nil why the connection is out of step
-- @treturn boolean whether Redis refused a call
local function exchange(conf, sock, calls)
  local again
  local any_refused = false
  local _, err = sock:send(commands_of(calls))

  -- a call that travels alone is sent by the request whose it is
  if #calls == 1 then
    use_the_time(calls[1])
  end

  for i = 1, #calls do
    local call = calls[i]
    local reply, refused
    local once_more = false

    if not err then
      reply, refused = resp.read(sock)
      if reply == nil then
        err = refused
      end
    end

    if err then
      call.lost = true
      once_more = true

    elseif reply == false and not call.by_text and find(refused, "NOSCRIPT", 1, true) == 1 then
      call.by_text = true
      script.by_text(call.command)
      once_more = true

    elseif reply == false and not call.moved and connection.is_elsewhere(conf, refused) then
      call.moved = true
      connection.doubt(conf)
      any_refused = true
      once_more = true

    else
      any_refused = any_refused or reply == false
      answer(call, reply, refused)
    end

    if once_more then
      again = again or {}
      again[#again + 1] = call
    end
  end

  return again, err, any_refused
end


-- A pooled connection that died meanwhile is replaced, again and again until a fresh one
-- answers: a call may run twice, so each is idempotent.
local function send(conf, calls)
  while calls do
    local sock, fresh = connection.open(conf)
    if not sock then
      return fail(calls, fresh)
    end

    local err, refused
    calls, err, refused = exchange(conf, sock, calls)

    -- a Redis that refuses may have become a replica or forgotten the user: the next one looks again
    if err or refused then
      sock:close()
    else
      connection.keep(conf, sock)
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
local function deliver(conf, lane, calls, at)
  local journey = journeys + 1
  journeys = journey
  lane.journey, lane.began = journey, at

  local ok, err = pcall(send, conf, calls)
  if not ok then
    fail(calls, err)
  end

  if lane.journey ~= journey then
    return -- another one began meanwhile; those who wait go after that
  end

  lane.journey = false
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
    lane.waiting = false
    call.answered = false
    return deliver(conf, lane, calls, now())
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
local function join(conf, lane, calls, call, at)
  local count = #calls + 1
  calls[count] = call

  if count == MAX_CALLS then
    lane.waiting = false
    return deliver(conf, lane, calls, at)
  end

  call.answered = new_semaphore()
  use_the_time(call)
  wait(conf, lane, calls, call)
end


--- Runs a command of plain.lua or script.lua.
-- @tparam string|table command
-- @tparam number bytes of record in it
-- @tparam number at the time (`ngx.now`)
-- @tparam function|nil meanwhile called with `argument` while Redis is at work, at most once
-- @treturn number|string|userdata|boolean|nil the reply; false if Redis refused, nil if it did not answer
-- @treturn string|nil what went wrong
-- @treturn boolean|nil after that: true if Redis may have run it all the same, or may yet
function _M.run(conf, command, bytes, at, meanwhile, argument)
  local lane = LANES[conf]
  if not lane then
    lane = { waiting = false, journey = false, began = 0 }
    LANES[conf] = lane
  end

  local call = new_call(command, meanwhile, argument)
  local waiting = lane.waiting

  if waiting and waiting.bytes + bytes <= MAX_BYTES then
    waiting.bytes = waiting.bytes + bytes
    join(conf, lane, waiting, call, at)

  elseif not waiting and bytes <= MAX_BYTES and lane.journey and at - lane.began < HOLD then
    waiting = { bytes = bytes }
    lane.waiting = waiting
    join(conf, lane, waiting, call, at)

  else
    deliver(conf, lane, { call }, at)
  end

  local doubtful = not call.done or call.lost and not call.reply
  return call.reply, call.err, doubtful or nil
end


return _M
