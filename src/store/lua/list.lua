#!lua flags=no-writes
-- Whole buckets that hold the asked range, and at most the two at its ends beside them; the reader filters.
-- KEYS   the tracker's keys
-- ARGV   1 from (ms or -inf)  2 to (ms or +inf)  3 limit  4 ascending 0/1
-- Output {hidden up to this id, then per bucket {id, packed value, id, ...}...}
local HEAD, BY_ID, BY_TIME, BUCKET = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local from, to, limit, ascending = ARGV[1], ARGV[2], tonumber(ARGV[3]), ARGV[4] == '1'
local from_ms = from == '-inf' and -math.huge or tonumber(from)
local to_ms = to == '+inf' and math.huge or tonumber(to)

local known = redis.call('HMGET', HEAD, 'q', 'fl')
local stored, hidden = tonumber(known[1]) or 0, tonumber(known[2]) or 0
local reply = { hidden }
if stored == 0 then return reply end
local last = math.ceil(stored / 128) - 1
local first = 0
if hidden > 0 then first = tonumber(redis.call('ZREVRANGEBYSCORE', BY_ID, hidden, '-inf', 'LIMIT', 0, 1)[1]) or 0 end

-- When the bucket's first message was submitted: later buckets hold nothing older.
local function starts(bucket)
  if bucket > last then return math.huge end
  return tonumber(redis.call('ZSCORE', BY_TIME, bucket))
end

local found = 0
-- Only buckets that lie wholly inside the range count towards the limit.
local function take(bucket)
  local rows = redis.call('HGETALL', BUCKET .. bucket)
  reply[#reply + 1] = rows
  local inside = starts(bucket) >= from_ms and starts(bucket + 1) <= to_ms and (hidden == 0 or bucket > first)
  if inside then found = found + #rows / 2 end
end

if ascending then
  local before = from == '-inf' and {} or redis.call('ZREVRANGEBYSCORE', BY_TIME, '(' .. from, '-inf', 'LIMIT', 0, 1)
  local bucket = math.max(first, tonumber(before[1]) or 0)
  while bucket <= last and starts(bucket) <= to_ms and found < limit do
    take(bucket)
    bucket = bucket + 1
  end
  return reply
end

local bucket = last
if to ~= '+inf' then
  bucket = tonumber(redis.call('ZREVRANGEBYSCORE', BY_TIME, to, '-inf', 'LIMIT', 0, 1)[1]) or -1
  -- Equal scores are ordered as text, not as numbers.
  while bucket >= 0 and starts(bucket + 1) <= to_ms do bucket = bucket + 1 end
end
while bucket >= first and found < limit do
  take(bucket)
  if starts(bucket) < from_ms then return reply end
  bucket = bucket - 1
end
return reply
