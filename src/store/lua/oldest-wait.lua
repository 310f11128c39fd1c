#!lua flags=no-writes
-- How long a text has been in the outbox, from when it could go out.
-- KEYS   the tracker's head
-- ARGV   none
-- Output ms of the older one at the heads of the lanes, or whose time has come; -1: there is none
--@include head
--@include events
--@include messages
--@include timeline
--@include outbox
local since = next_due()
if since and since > NOW then since = nil end
for _, lane in ipairs({ URGENT, NORMAL }) do
  local f = load_flight(redis.call('LINDEX', lane, 0) or 0)
  if f then since = math.min(since or NOW, f.expires - f.ttl) end
end
return since and math.max(0, NOW - since) or -1
