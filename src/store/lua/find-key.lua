#!lua flags=no-writes
-- The message that was stored under an idempotency key not long ago.
-- KEYS   the tracker's head
-- ARGV   1 digest of the key  2 for how long it is good (ms)
-- Output the message's id; 0: none is known
--@include head
--@include events
--@include messages
local id = tonumber(redis.call('ZSCORE', REPEATS, ARGV[1]) or 0)
local _, value = load_visible(id)
if not value or NOW - struct.unpack('>I6', value, 3) >= tonumber(ARGV[2]) then return 0 end
return id
