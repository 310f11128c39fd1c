#!lua flags=allow-oom
-- Hides every message so far, empties outbox and unread: purge.lua takes them away. What is known of the device stays.
-- KEYS   the tracker's head
-- ARGV   none
-- Output ids of what were dead letters
--@include head
--@include events
--@include hide
local unread = redis.call('EXISTS', UNREAD) == 1
local dead = hide_all()
if unread then tell_unread() end
return finish(dead)
