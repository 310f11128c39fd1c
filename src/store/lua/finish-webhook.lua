#!lua flags=allow-oom
-- An event of a webhook was posted, left out or given up; doing it twice is doing it once.
-- KEYS   as remove-webhook.lua
-- ARGV   1 id  2 how far it has come in the stream (empty: it was one that was to be posted once more)  3 that one (JSON, else empty)
--        4 the event that was given up (empty: none)  5 its details (JSON)  6 most that are kept
-- Output 1 done; 0 the webhook is not there
if redis.call('HEXISTS', KEYS[1], ARGV[1]) == 0 then return 0 end
if ARGV[2] ~= '' then redis.call('HSET', KEYS[3], 'c', ARGV[2]) end
redis.call('HDEL', KEYS[3], 'f')
if ARGV[3] ~= '' then redis.call('LREM', KEYS[4], 1, ARGV[3]) end
if ARGV[4] ~= '' then
  local time = redis.call('TIME')
  redis.call('ZADD', KEYS[5], time[1] * 1000 + math.floor(time[2] / 1000), ARGV[4])
  redis.call('HSET', KEYS[6], ARGV[4], ARGV[5])
  for _ = tonumber(ARGV[6]) + 1, redis.call('ZCARD', KEYS[5]) do redis.call('HDEL', KEYS[6], redis.call('ZPOPMIN', KEYS[5])[1]) end
end
return 1
