#!lua flags=allow-oom
-- Withdraws a text that is still pending.
-- KEYS   the tracker's head
-- ARGV   1 id
-- Output {0} it is not pending; {1, owner's node ('': none), epoch} it is cancelled, now or before
--@include head
--@include events
--@include messages
--@include timeline
--@include outbox
local bucket, value = load_visible(ARGV[1])
if not value then return finish({ 0 }) end
if not withdraw(ARGV[1], bucket, value, nil) and state_of(value) ~= CANCELLED then return finish({ 0 }) end
return finish({ 1, head['n'] or '', get('e') })
