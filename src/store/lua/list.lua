#!lua flags=no-writes
-- Whole buckets that hold the asked range, and at most the two at its ends beside them; the reader filters.
-- KEYS   the tracker's head
-- ARGV   1 from (ms or -inf)  2 to (ms or +inf)  3 limit  4 ascending 0/1  5 only messages above this id
-- Output {hidden up to this id, then per bucket a string: of each message id I4, length I4 and packed value}
local HEAD, SLOT = KEYS[1], string.sub(KEYS[1], 1, -2)
local BY_ID, BY_TIME, BUCKET = SLOT .. 'bi', SLOT .. 'bt', SLOT .. 'b'
local from, to, limit, ascending = ARGV[1], ARGV[2], tonumber(ARGV[3]), ARGV[4] == '1'
local from_ms = from == '-inf' and -math.huge or tonumber(from)
local to_ms = to == '+inf' and math.huge or tonumber(to)
local hidden = math.max(tonumber(redis.call('HGET', HEAD, 'fl') or 0), tonumber(ARGV[5]))
local reply = { hidden }

-- Buckets by their place in the order of ids: of their numbers some are missing, where old messages were removed.
local last = redis.call('ZCARD', BY_ID) - 1
local function place_of(bucket) return bucket and redis.call('ZRANK', BY_ID, bucket) end
local function at(place) return redis.call('ZRANGE', BY_ID, place, place)[1] end

-- When the bucket's first message was submitted: later buckets hold nothing older.
local function starts(place)
  if place > last then return math.huge end
  return tonumber(redis.call('ZSCORE', BY_TIME, at(place)))
end

local first = 0
if hidden > 0 then first = place_of(redis.call('ZREVRANGEBYSCORE', BY_ID, hidden, '-inf', 'LIMIT', 0, 1)[1]) or 0 end

local found = 0
-- Only buckets that lie wholly inside the range count towards the limit.
local function take(place)
  local rows = redis.call('HGETALL', BUCKET .. at(place))
  local packed = {}
  for row = 1, #rows, 2 do
    packed[row] = struct.pack('>I4I4', rows[row], #rows[row + 1])
    packed[row + 1] = rows[row + 1]
  end
  -- One string: a thousand small replies cost more to read than the messages in them.
  reply[#reply + 1] = table.concat(packed)
  local inside = starts(place) >= from_ms and starts(place + 1) <= to_ms and (hidden == 0 or place > first)
  if inside then found = found + #rows / 2 end
end

if ascending then
  local before = from == '-inf' and {} or redis.call('ZREVRANGEBYSCORE', BY_TIME, '(' .. from, '-inf', 'LIMIT', 0, 1)
  local place = math.max(first, place_of(before[1]) or 0)
  while place <= last and starts(place) <= to_ms and found < limit do
    take(place)
    place = place + 1
  end
  return reply
end

local place = last
if to ~= '+inf' then
  place = place_of(redis.call('ZREVRANGEBYSCORE', BY_TIME, to, '-inf', 'LIMIT', 0, 1)[1]) or -1
  -- Equal scores are ordered as text, not as numbers.
  while place >= 0 and starts(place + 1) <= to_ms do place = place + 1 end
end
while place >= first and found < limit do
  take(place)
  if starts(place) < from_ms then return reply end
  place = place - 1
end
return reply
