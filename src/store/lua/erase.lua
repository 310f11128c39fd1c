#!lua flags=allow-oom
-- Deletes what is kept of a tracker beside its messages.
-- KEYS   the tracker's head
-- ARGV   none
-- Output 1; 0: it has messages, and nothing was deleted
--@include head
if redis.call('EXISTS', BY_ID) == 1 then return 0 end
redis.call('UNLINK', HEAD, BY_ID, BY_TIME, UNREAD, RECENT, NORMAL, URGENT, FLIGHTS, DEAD, WAITING, REPEATS, EVENTS, TAGS)
return 1
