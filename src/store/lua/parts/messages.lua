-- Messages: packed values in hash buckets of 128 by the tracker's own count.
-- Value: state B, flags B, submitted I6, updated I6 (0: not yet), [employee i4], [answers i4], [reason: length I2 + bytes],
-- [choices: length I2, of each its length B + bytes], text.
local QUEUED, WRITTEN, DELIVERED, READ, ANSWERED, REJECTED = 1, 2, 3, 4, 5, 6
local UNCONFIRMED, EXPIRED, CANCELLED, DEAD_LETTERED, UNREAD_STATE, MARKED_READ = 7, 8, 9, 10, 11, 12
local ALTERED, BY_DEVICE, IMPLIED, HAS_EMPLOYEE, HAS_ANSWERS, HAS_REASON, HAS_CHOICES = 1, 2, 4, 8, 16, 32, 64
local BUCKET_SIZE = 128

local function state_of(value) return string.byte(value, 1) end
local function has(value, flag) return bit.band(string.byte(value, 2), flag) ~= 0 end
local function is_outgoing(value) return state_of(value) < UNREAD_STATE end
local function with_state(value, state) return string.char(state) .. string.sub(value, 2) end

-- Where the reason is, or would be; where the choices are; where the text begins.
local function reason_at(value)
  local at = 15
  if has(value, HAS_EMPLOYEE) then at = at + 4 end
  if has(value, HAS_ANSWERS) then at = at + 4 end
  return at
end

local function choices_at(value)
  local at = reason_at(value)
  if has(value, HAS_REASON) then at = at + 2 + struct.unpack('>I2', value, at) end
  return at
end

local function text_at(value)
  local at = choices_at(value)
  if has(value, HAS_CHOICES) then at = at + 2 + struct.unpack('>I2', value, at) end
  return at
end

-- What an outbox counts: the text, with its choices as a device without questions of its own gets them ("\n1. yes").
local function outbox_bytes(value)
  local text = text_at(value)
  local bytes, count, at = #value - text + 1, 0, choices_at(value) + 2
  while at < text do
    local length = string.byte(value, at)
    count = count + 1
    bytes = bytes + 3 + #tostring(count) + length
    at = at + 1 + length
  end
  return bytes
end

-- The same value with this reason; nil takes it away.
local function with_reason(value, reason)
  if not reason and not has(value, HAS_REASON) then return value end
  local flags = bit.band(string.byte(value, 2), bit.bnot(HAS_REASON))
  local packed = ''
  if reason then
    flags = flags + HAS_REASON
    packed = struct.pack('>I2', #reason) .. reason
  end
  return string.sub(value, 1, 1) .. string.char(flags) .. string.sub(value, 3, reason_at(value) - 1) .. packed
    .. string.sub(value, choices_at(value))
end

-- The bucket that would hold this id, and the value there (false: no such message).
local function load_message(id)
  local bucket = redis.call('ZREVRANGEBYSCORE', BY_ID, id, '-inf', 'LIMIT', 0, 1)[1]
  if not bucket then return nil, false end
  return BUCKET .. bucket, redis.call('HGET', BUCKET .. bucket, id)
end

-- As load_message, for messages of the present owner: hidden ones do not exist.
local function load_visible(id)
  if tonumber(id) <= get('fl') then return nil, false end
  return load_message(id)
end

-- Gives the bucket.
local function append_message(id, at, value)
  local stored = get('q')
  local bucket = math.floor(stored / BUCKET_SIZE)
  if stored % BUCKET_SIZE == 0 then
    redis.call('ZADD', BY_ID, id, bucket)
    redis.call('ZADD', BY_TIME, at, bucket)
  end
  redis.call('HSET', BUCKET .. bucket, id, value)
  set('q', stored + 1)
  set('i', id)
  set('m', at)
  if get('lm') > 0 then set('lm', '') end
  tell(MESSAGE_EVENT, id, state_of(value), 0)
  return BUCKET .. bucket
end
