#!lua flags=allow-oom
-- Removes messages that are old and not in the outbox, the oldest first: about one bucket in a call.
-- KEYS   the tracker's head
-- ARGV   1 how old (ms) they are at least  2 go on from this id (0: from the first)
-- Output {id to go on from in the next call (0: there is nothing left to do now), ms until the next message is old (-1: none
--        waits for it), old messages met that are in the outbox, ids removed, those of them that were dead letters}
--@include head
--@include events
--@include messages
--@include remove
-- Buckets looked at in one call: below a millisecond of Redis.
local MOST_BUCKETS = 8
local cutoff = NOW - tonumber(ARGV[1])
local buckets = redis.call('ZRANGEBYSCORE', BY_ID, ARGV[2], '+inf', 'LIMIT', 0, MOST_BUCKETS + 1)

local function starts(bucket) return tonumber(redis.call('ZSCORE', BY_TIME, bucket)) end

-- How many of these ids are old. Nothing in a bucket is younger than the first message of the next one.
local function count_old(bucket, ids, next_bucket)
  if next_bucket and starts(next_bucket) <= cutoff then return #ids end
  local low, high = 0, #ids
  while low < high do
    local middle = math.ceil((low + high) / 2)
    if submitted_at(bucket, ids[middle]) <= cutoff then low = middle else high = middle - 1 end
  end
  return low
end

local kept = 0
local function remove_old(bucket, ids, old)
  local pending = old > 0 and redis.call('HMGET', FLIGHTS, unpack(ids, 1, old)) or {}
  local gone, rest = {}, {}
  for place, id in ipairs(ids) do
    local goes = place <= old and not pending[place]
    if place <= old and not goes then kept = kept + 1 end
    local side = goes and gone or rest
    side[#side + 1] = id
  end
  remove_messages(bucket, gone, rest)
end

local next_id, due = 0, -1
for place, bucket in ipairs(buckets) do
  bucket = tonumber(bucket)
  local start = starts(bucket)
  if start > cutoff then
    due = start - cutoff
    break
  end
  if place > MOST_BUCKETS or #removed >= BUCKET_SIZE then
    next_id = tonumber(redis.call('ZSCORE', BY_ID, bucket))
    break
  end
  local ids = ids_of(bucket)
  local old = count_old(bucket, ids, buckets[place + 1])
  remove_old(bucket, ids, old)
  if old < #ids then
    due = submitted_at(bucket, ids[old + 1]) - cutoff
    break
  end
end
return finish_removal({ next_id, due, kept })
