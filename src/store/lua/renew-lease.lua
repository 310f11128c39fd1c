#!lua flags=allow-oom
-- Says that a node lives; forgets nodes long gone.
-- KEYS   1 the leases: node by the time (ms) its lease ends
-- ARGV   1 node  2 how long (ms)
-- Output 1 when the node had a valid lease
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
return 1 - redis.call('ZADD', KEYS[1], now + ARGV[2], ARGV[1])
