#!lua flags=allow-oom
-- Takes a tracker out of the pending index unless it was marked again since.
-- KEYS   1 the shard of the pending index
-- ARGV   1 tracker  2 the mark seen
-- Output 1 when it was taken out
if redis.call('ZSCORE', KEYS[1], ARGV[1]) ~= ARGV[2] then return 0 end
return redis.call('ZREM', KEYS[1], ARGV[1])
