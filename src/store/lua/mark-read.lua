#!lua flags=allow-oom
-- Marks INCOMING messages as read; ids that are not unread are left alone.
-- KEYS   the tracker's head
-- ARGV   ids
-- Output 1
--@include head
--@include events
--@include messages
--@include timeline
local marked = false
for _, id in ipairs(ARGV) do
  if redis.call('SREM', UNREAD, id) == 1 then
    turn(id, MARKED_READ, {})
    marked = true
  end
end
if marked then tell_unread() end
return finish(1)
