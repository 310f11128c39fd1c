-- Remembers devices that are not in the fleet, the newest of all nodes.
-- KEYS   1 hash of key -> JSON  2 ZSET of keys by last try
-- ARGV   1 how many are kept, then per device: key, last try, JSON
for at = 2, #ARGV, 3 do
  local newest = redis.call('ZSCORE', KEYS[2], ARGV[at])
  if not newest or tonumber(newest) <= tonumber(ARGV[at + 1]) then
    redis.call('ZADD', KEYS[2], ARGV[at + 1], ARGV[at])
    redis.call('HSET', KEYS[1], ARGV[at], ARGV[at + 2])
  end
end
local excess = redis.call('ZCARD', KEYS[2]) - tonumber(ARGV[1])
if excess > 0 then
  for _, key in ipairs(redis.call('ZRANGE', KEYS[2], 0, excess - 1)) do
    redis.call('ZREM', KEYS[2], key)
    redis.call('HDEL', KEYS[1], key)
  end
end
return 1
