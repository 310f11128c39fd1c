#!lua flags=allow-oom
-- Withdraws a broadcast: no round of it begins any more.
-- KEYS   1 its hash
-- ARGV   none
-- Output 1 it is withdrawn, now or before; 0 it is not there
--@include broadcast
if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
if redis.call('HEXISTS', KEYS[1], 'c') == 0 then redis.call('HSET', KEYS[1], 'c', string.format('%d', NOW)) end
return 1
