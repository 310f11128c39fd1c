#!lua flags=allow-oom
-- What is in the outbox. An empty one withdraws the pending mark that was seen: a text that relies on it takes a new one.
-- KEYS   the tracker's head
-- ARGV   1 pending mark seen before this call (0: none)
-- Output {bytes, ids, urgent ones first, last those whose time has not come...}
--@include head
--@include events
--@include messages
--@include timeline
--@include outbox
join_due()
local reply = { get('b') }
for _, lane in ipairs({ URGENT, NORMAL }) do
  for _, id in ipairs(redis.call('LRANGE', lane, 0, -1)) do reply[#reply + 1] = tonumber(id) end
end
for _, id in ipairs(waiting_until('+inf')) do reply[#reply + 1] = id end
local mark = tonumber(ARGV[1])
if #reply == 1 and mark > get('pf') then
  set('pf', mark)
  save()
end
return reply
