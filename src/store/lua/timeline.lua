#!lua flags=no-writes
-- A message and what is known of its life.
-- KEYS   the tracker's head
-- ARGV   1 id
-- Output nil: no such message; {packed value, packed entries}
--@include head
--@include events
--@include messages
local bucket, value = load_visible(ARGV[1])
if not value then return nil end
return { value, redis.call('HGET', TIMELINE .. string.sub(bucket, #BUCKET + 1), ARGV[1]) or '' }
