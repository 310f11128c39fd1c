#!lua flags=allow-oom
-- Takes hidden messages away, one bucket of them.
-- KEYS   the tracker's head
-- ARGV   none
-- Output {1 when there may be more, else 0, ids removed, those of them that were dead letters}
--@include head
--@include events
--@include messages
--@include remove
local bucket = redis.call('ZRANGEBYSCORE', BY_ID, '-inf', get('fl'), 'LIMIT', 0, 1)[1]
if not bucket then return finish_removal({ 0 }) end
local gone, rest = {}, {}
for _, id in ipairs(ids_of(tonumber(bucket))) do
  local side = id <= get('fl') and gone or rest
  side[#side + 1] = id
end
remove_messages(tonumber(bucket), gone, rest)
return finish_removal({ #rest == 0 and 1 or 0 })
