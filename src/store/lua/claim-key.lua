#!lua
-- Notes which body an idempotency key stands for.
-- KEYS   1 the key of its user
-- ARGV   1 digest of the body  2 for how long (ms)
-- Output the digest it stood for already ('': none)
local known = redis.call('GET', KEYS[1])
if known then return known end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return ''
