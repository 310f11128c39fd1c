#!lua flags=allow-oom
-- Withdraws a broadcast: no round of it begins any more.
-- KEYS   1 its hash
-- ARGV   none
-- Output 1 it is withdrawn, now or before; 0 it is not there
--@include broadcast
if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
redis.call('HSETNX', KEYS[1], 'c', string.format('%d', NOW))
return 1
