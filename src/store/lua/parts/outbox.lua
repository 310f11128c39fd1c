-- The outbox: two lanes of ids in order, and one packed record per text in them.
-- Record: urgent B, epoch of the line that has it I4 (0: none), attempts I2, first tag I2 (0: none yet),
-- parts acknowledged I2, expires I6, time to live I6, text bytes I4.
-- Dead letter: at I6, time to live I6, parts acknowledged I2, urgent B, reason.
local RECORD = '>BI4I2I2I2I6I6I4'

local function load_flight(id)
  local record = redis.call('HGET', FLIGHTS, id)
  if not record then return nil end
  local f = {}
  f.urgent, f.epoch, f.attempts, f.tag, f.parts, f.expires, f.ttl, f.bytes = struct.unpack(RECORD, record)
  return f
end

local function save_flight(id, f)
  redis.call('HSET', FLIGHTS, id, struct.pack(RECORD, f.urgent, f.epoch, f.attempts, f.tag, f.parts, f.expires, f.ttl, f.bytes))
end

local function enqueue(id, f)
  save_flight(id, f)
  redis.call('RPUSH', f.urgent == 1 and URGENT or NORMAL, id)
  set('b', get('b') + f.bytes)
end

-- Takes a text out of the outbox; nil when it is not there.
local function dequeue(id)
  local f = load_flight(id)
  if not f then return nil end
  redis.call('HDEL', FLIGHTS, id)
  redis.call('LREM', f.urgent == 1 and URGENT or NORMAL, 1, id)
  set('b', get('b') - f.bytes)
  return f
end

local function leave(id, state)
  if dequeue(id) then change_state(id, state) end
end

-- Gives a text up: it leaves the outbox and waits for an operator.
local function bury(id)
  local f = dequeue(id)
  if not f then return end
  change_state(id, DEAD_LETTERED)
  local reason = 'no receipt after ' .. f.attempts .. ' attempts'
  redis.call('HSET', DEAD, id, struct.pack('>I6I6I2B', stamp(), f.ttl, f.parts, f.urgent) .. reason)
end

-- The device did receive this text, whatever was believed before: its state and, once, its update time.
local function arrived(id, bucket, value, state, receipt)
  dequeue(id)
  redis.call('HDEL', DEAD, id)
  value = with_reason(value, nil)
  if struct.unpack('>I6', value, 9) == 0 then
    local flags = bit.bor(string.byte(value, 2), receipt)
    value = string.sub(value, 1, 1) .. string.char(flags) .. string.sub(value, 3, 8) .. struct.pack('>I6', stamp())
      .. string.sub(value, 15)
  end
  redis.call('HSET', bucket, id, with_state(value, state))
end
