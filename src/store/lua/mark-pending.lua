#!lua
-- Notes that a tracker's outbox may hold something, under a mark that was never used before.
-- KEYS   1 the shard of the pending index  2 its counter
-- ARGV   1 tracker
-- Output the mark
local mark = redis.call('INCR', KEYS[2])
redis.call('ZADD', KEYS[1], mark, ARGV[1])
return mark
