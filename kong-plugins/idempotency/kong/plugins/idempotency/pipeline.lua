-- Calls of Redis. Those that come while another one is on its way to Redis and back wait for its reply and then
-- go together as one batch, in one write on one connection: most of what a call costs a busy gateway is system calls and the
-- handling of connections, which are then shared. A call that comes alone goes at once.
--
-- The request that has waited longest sends for all, reads the replies in order and wakes those who wait for them. No one waits
-- long: a connection that hangs holds up its own calls, and for a moment those that came right after them.

local connection = require "kong.plugins.idempotency.connection"
local resp = require "kong.plugins.idempotency.resp"
local script = require "kong.plugins.idempotency.script"
local semaphore = require "ngx.semaphore"

local find = string.find
local now = ngx.now
local pcall = pcall
local setmetatable = setmetatable

local MAX_CALLS = 16 -- in one batch
local MAX_BYTES = 65536 -- of records in one batch; a larger one goes alone
local MAX_BATCH_DELAY = 0.05 -- seconds; a batch that takes longer is not waited for (a busy turn of the event loop takes 20 ms)
local MAX_SEMAPHORES = 256

local _M = {}

-- by Redis configuration, for nothing is shared between two of them: the calls that wait, and when the batch was sent
-- whose end they wait for
local QUEUES = setmetatable({}, { __mode = "k" })

-- how many batches there were: each is known by its number
local batches = 0

-- semaphores that no one will post to any more
local semaphore_pool, pool_size = {}, 0


-- All that a call will ever have is there from the start, for a table that grows is dear: the command, its reply,
-- whether that came, whom to wake then; what to do meanwhile; whether a reply was lost, and what was tried already.
local function new_call(command, meanwhile, argument)
  return {
    command = command, reply = false, err = false, done = false, answered = false,
    meanwhile = meanwhile or false, argument = argument,
    lost = false, by_text = false, moved = false,
  }
end


-- Runs what a call brings for the time while Redis is at work, in the request whose call it is.
local function run_while_waiting(call)
  local meanwhile = call.meanwhile
  if meanwhile then
    call.meanwhile = false
    pcall(meanwhile, call.argument)
  end
end


local function new_semaphore()
  if pool_size == 0 then
    return semaphore.new(0)
  end

  local answered = semaphore_pool[pool_size]
  semaphore_pool[pool_size] = nil
  pool_size = pool_size - 1
  return answered
end


local function keep_semaphore(answered)
  if pool_size < MAX_SEMAPHORES then
    pool_size = pool_size + 1
    semaphore_pool[pool_size] = answered
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

  -- a call that goes alone is sent by the request whose it is
  if #calls == 1 then
    run_while_waiting(calls[1])
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

    elseif reply == false and not call.moved and connection.is_not_master(conf, refused) then
      call.moved = true
      connection.invalidate_master(conf)
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
      connection.invalidate_master(conf)
    end

    -- a time-out says that Redis is slow, not that the connection is dead
    if err and (fresh or err == "timeout") then
      return fail(calls, err)
    end
  end
end


-- sends the calls; whatever happens, each of them ends, and who waited for them goes next
local function deliver(conf, queue, calls, at)
  local batch = batches + 1
  batches = batch
  queue.batch, queue.began = batch, at

  local ok, err = pcall(send, conf, calls)
  if not ok then
    fail(calls, err)
  end

  if queue.batch ~= batch then
    return -- another one began meanwhile; those who wait go after that
  end

  queue.batch = false
  if queue.waiting then
    queue.waiting[1].answered:post(1)
  end
end


-- seconds after which a call is given up, whatever became of who sends it
local function max_wait(conf)
  local timeout = conf.timeout
  return ((conf.connect_timeout or timeout) + (conf.send_timeout or timeout) + (conf.read_timeout or timeout)) / 500
end


-- waits for the reply to `call`, one of `calls`
local function wait(conf, queue, calls, call)
  local answered = call.answered
  answered:wait(2 * MAX_BATCH_DELAY)

  if queue.waiting == calls then
    -- the batch has ended, or takes too long
    queue.waiting = false
    call.answered = false
    return deliver(conf, queue, calls, now())
  end

  while not call.done do
    if not answered:wait(max_wait(conf)) then
      call.reply, call.err = nil, "timeout"
      return
    end
  end

  keep_semaphore(answered)
end


-- adds `call` to those that wait; the last there is room for sends the batch at once
local function join(conf, queue, calls, call, at)
  local count = #calls + 1
  calls[count] = call

  if count == MAX_CALLS then
    queue.waiting = false
    return deliver(conf, queue, calls, at)
  end

  call.answered = new_semaphore()
  run_while_waiting(call)
  wait(conf, queue, calls, call)
end


--- Runs a command of set_commands.lua or script.lua.
-- @tparam string|table command
-- @tparam number bytes of record in it
-- @tparam number at the time (`ngx.now`)
-- @tparam function|nil meanwhile called with `argument` while Redis is at work, at most once
-- @treturn number|string|userdata|boolean|nil the reply; false if Redis refused, nil if it did not answer
-- @treturn string|nil what went wrong
-- @treturn boolean|nil after that: true if Redis may have run it all the same, or may yet
function _M.run(conf, command, bytes, at, meanwhile, argument)
  local queue = QUEUES[conf]
  if not queue then
    queue = { waiting = false, batch = false, began = 0 }
    QUEUES[conf] = queue
  end

  local call = new_call(command, meanwhile, argument)
  local waiting = queue.waiting

  if waiting and waiting.bytes + bytes <= MAX_BYTES then
    waiting.bytes = waiting.bytes + bytes
    join(conf, queue, waiting, call, at)

  elseif not waiting and bytes <= MAX_BYTES and queue.batch and at - queue.began < MAX_BATCH_DELAY then
    waiting = { bytes = bytes }
    queue.waiting = waiting
    join(conf, queue, waiting, call, at)

  else
    deliver(conf, queue, { call }, at)
  end

  local doubtful = not call.done or call.lost and not call.reply
  return call.reply, call.err, doubtful or nil
end


return _M
