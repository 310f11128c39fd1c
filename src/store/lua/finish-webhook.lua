#!lua flags=allow-oom
-- An event of a webhook was posted, left out or given up. Only the first of those who come from the same place changes anything.
-- KEYS   1 its state (hash: c how far it has come, f its last failure)  2 what is to be posted once more (list)
--        3 what was given up, by time (ZSET)  4 what was given up (hash: event -> details)
-- ARGV   1 where it stood in the stream  2 the event that was to be posted once more (JSON; empty: it is of the stream)
--        3 how far it has come in the stream (empty: it is not of the stream)
--        4 the event that was given up (empty: none)  5 its details (JSON)  6 most that are kept
-- Output 1 done; 0 the webhook is not there, or another went on
if redis.call('HGET', KEYS[1], 'c') ~= ARGV[1] then return 0 end
if ARGV[2] ~= '' and redis.call('LREM', KEYS[2], 1, ARGV[2]) == 0 then return 0 end
if ARGV[3] ~= '' then redis.call('HSET', KEYS[1], 'c', ARGV[3]) end
redis.call('HDEL', KEYS[1], 'f')
if ARGV[4] ~= '' then
  local time = redis.call('TIME')
  redis.call('ZADD', KEYS[3], time[1] * 1000 + math.floor(time[2] / 1000), ARGV[4])
  redis.call('HSET', KEYS[4], ARGV[4], ARGV[5])
  for _ = tonumber(ARGV[6]) + 1, redis.call('ZCARD', KEYS[3]) do redis.call('HDEL', KEYS[4], redis.call('ZPOPMIN', KEYS[3])[1]) end
end
return 1
