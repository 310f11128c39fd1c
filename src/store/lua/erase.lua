#!lua flags=allow-oom
-- Deletes all that is kept of a tracker.
-- KEYS   the tracker's keys
-- ARGV   none
-- Output 1
--@include head
for bucket = 0, math.ceil(get('q') / 128) - 1 do redis.call('UNLINK', BUCKET .. bucket, TIMELINE .. bucket) end
redis.call('UNLINK', HEAD, BY_ID, BY_TIME, UNREAD, RECENT, NORMAL, URGENT, FLIGHTS, DEAD, WAITING, REPEATS, EVENTS)
return 1
