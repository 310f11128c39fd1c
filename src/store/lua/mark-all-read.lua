#!lua flags=allow-oom
-- Marks unread messages up to an id as read, a bounded number at a time.
-- KEYS   the tracker's head
-- ARGV   1 last id to mark (0: the last one stored)  2 most messages in this call
-- Output {last id to mark in the next call, 1 when there is one, else 0}
--@include head
--@include events
--@include messages
--@include timeline
local bound, most = tonumber(ARGV[1]), tonumber(ARGV[2])
if bound == 0 then bound = get('i') end
local taken, marked = redis.call('SPOP', UNREAD, most), false
for _, id in ipairs(taken) do
  if tonumber(id) <= bound then
    turn(id, MARKED_READ, {})
    marked = true
  else
    redis.call('SADD', UNREAD, id)
  end
end
if marked then tell_unread() end
return finish({ bound, #taken == most and 1 or 0 })
