-- The outbox: two lanes of ids in order, those whose time has not come by that time, and one packed record per text.
-- Record: urgent B, epoch of the line that has it I4 (0: none), attempts I2, first tag I2 (0: none yet),
-- parts acknowledged I2, expires I6, time to live I6, bytes I4.
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

local function lane_of(f) return f.urgent == 1 and URGENT or NORMAL end

local function texts_inside() return redis.call('LLEN', NORMAL) + redis.call('LLEN', URGENT) + redis.call('ZCARD', WAITING) end

-- Ids of texts whose time has not come up to `last`, the earliest first; Redis orders equal times as text.
local function waiting_until(last)
  local flat, texts, ids = redis.call('ZRANGEBYSCORE', WAITING, '-inf', last, 'WITHSCORES'), {}, {}
  for at = 1, #flat, 2 do texts[#texts + 1] = { id = tonumber(flat[at]), due = tonumber(flat[at + 1]) } end
  table.sort(texts, function(one, other) return one.due < other.due or (one.due == other.due and one.id < other.id) end)
  for place, text in ipairs(texts) do ids[place] = text.id end
  return ids
end

-- When the next of them may go out; nil: none waits.
local function next_due() return tonumber(redis.call('ZRANGE', WAITING, 0, 0, 'WITHSCORES')[2]) end

-- Texts whose time has come join the end of their lane. Gives when the next may; nil: none waits.
local function join_due()
  local due = next_due()
  if not due or due > NOW then return due end
  for _, id in ipairs(waiting_until(NOW)) do redis.call('RPUSH', lane_of(load_flight(id)), id) end
  redis.call('ZREMRANGEBYSCORE', WAITING, '-inf', NOW)
  return next_due()
end

-- `due`: when it may join its lane; nil: at once, behind those whose time has come.
local function enqueue(id, f, due)
  save_flight(id, f)
  if due then
    redis.call('ZADD', WAITING, due, id)
  else
    join_due()
    redis.call('RPUSH', lane_of(f), id)
  end
  set('b', get('b') + f.bytes)
end

-- Takes a text out of the outbox; nil when it is not there.
local function dequeue(id)
  local f = load_flight(id)
  if not f then return nil end
  redis.call('HDEL', FLIGHTS, id)
  if redis.call('LREM', lane_of(f), 1, id) == 0 then redis.call('ZREM', WAITING, id) end
  set('b', get('b') - f.bytes)
  return f
end

-- Head field oq: id I4 of the question that a driver's words may answer, and when it went out I6.
local function open_question(id) set('oq', struct.pack('>I4I6', id, stamp())) end

local function close_question(id)
  local open = head['oq']
  if open and open ~= '' and struct.unpack('>I4', open) == tonumber(id) then set('oq', '') end
end

local function leave(id, state)
  local f = dequeue(id)
  if not f then return end
  -- The driver of a device that acknowledges nothing may have read it.
  if state ~= UNCONFIRMED then close_question(id) end
  turn(id, state, { attempt = f.attempts })
end

-- Withdraws a pending text; false when it is none.
local function withdraw(id, bucket, value, reason)
  local f = dequeue(id)
  if not f then return false end
  close_question(id)
  redis.call('HSET', bucket, id, with_state(with_reason(value, reason), CANCELLED))
  note_state(id, bucket, CANCELLED, { attempt = f.attempts, reason = reason })
  return true
end

-- Gives a text up: it leaves the outbox and waits for an operator.
local function bury(id)
  local f = dequeue(id)
  if not f then return end
  close_question(id)
  local reason = 'no receipt after ' .. f.attempts .. ' attempts'
  turn(id, DEAD_LETTERED, { attempt = f.attempts, reason = reason })
  redis.call('HSET', DEAD, id, struct.pack('>I6I6I2B', stamp(), f.ttl, f.parts, f.urgent) .. reason)
end

-- The device did receive this text, whatever was believed before: its state and, once, its update time.
local function arrived(id, bucket, value, state, receipt)
  local f = dequeue(id)
  redis.call('HDEL', DEAD, id)
  if state == ANSWERED then close_question(id) end
  if state_of(value) ~= state then
    note_state(id, bucket, state, { attempt = f and f.attempts, reason = receipt == IMPLIED and 'implied' or nil })
  end
  value = with_reason(value, nil)
  if struct.unpack('>I6', value, 9) == 0 then
    local flags = bit.bor(string.byte(value, 2), receipt)
    value = string.sub(value, 1, 1) .. string.char(flags) .. string.sub(value, 3, 8) .. struct.pack('>I6', stamp())
      .. string.sub(value, 15)
  end
  redis.call('HSET', bucket, id, with_state(value, state))
end
