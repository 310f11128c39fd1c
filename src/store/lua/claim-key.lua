#!lua
-- Notes which body an idempotency key stands for.
-- KEYS   1 the key of its user  2 the list of that user's keys: ZSET by when they end
-- ARGV   1 digest of the body  2 for how long (ms)  3 the key's name in the list
-- Output the digest it stood for already ('': none)
local known = redis.call('GET', KEYS[1])
if known then return known end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', now)
redis.call('ZADD', KEYS[2], now + ARGV[2], ARGV[3])
redis.call('PEXPIRE', KEYS[2], ARGV[2])
return ''
