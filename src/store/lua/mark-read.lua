#!lua flags=allow-oom
-- Marks INCOMING messages as read; ids that are not unread are left alone.
-- KEYS   the tracker's keys
-- ARGV   ids
-- Output 1
--@include head
--@include messages
for _, id in ipairs(ARGV) do
  if redis.call('SREM', UNREAD, id) == 1 then change_state(id, MARKED_READ) end
end
return 1
