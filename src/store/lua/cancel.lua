#!lua flags=allow-oom
-- Withdraws a text that is still pending.
-- KEYS   the tracker's keys
-- ARGV   1 id
-- Output 1 it is cancelled, now or before; 0 it is not pending
--@include head
--@include events
--@include messages
--@include timeline
--@include outbox
local bucket, value = load_visible(ARGV[1])
if not value then return finish(0) end
if withdraw(ARGV[1], bucket, value, nil) then return finish(1) end
return finish(state_of(value) == CANCELLED and 1 or 0)
