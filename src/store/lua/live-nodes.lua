#!lua flags=no-writes
-- Nodes whose lease is valid.
-- KEYS   1 the leases
-- ARGV   none
-- Output nodes
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
return redis.call('ZRANGEBYSCORE', KEYS[1], '(' .. now, '+inf')
