#!lua flags=allow-oom
-- The tracker changed hands: hides every message so far, empties outbox and unread.
-- KEYS   the tracker's keys
-- ARGV   none
-- Output 1
--@include head
if get('q') > 0 then set('fl', get('i')) end
set('m', '')
set('b', 0)
set('oq', '')
save()
redis.call('DEL', UNREAD, NORMAL, URGENT, FLIGHTS, DEAD, WAITING, REPEATS, EVENTS)
return 1
