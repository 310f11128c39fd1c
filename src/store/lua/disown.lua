#!lua flags=allow-oom
-- The tracker changed hands: hides every message so far, empties outbox and unread.
-- KEYS   the tracker's head
-- ARGV   none
-- Output ids of what were dead letters
--@include head
--@include hide
local dead = hide_all()
save()
redis.call('DEL', EVENTS)
return dead
