#!lua
-- Notes that an event of a webhook could not be posted.
-- KEYS   1 its state  2 what is to be posted once more; as finish-webhook.lua
-- ARGV   1 where it stood in the stream  2 the event that was to be posted once more; as finish-webhook.lua  3 the failure (JSON)
-- Output 1 noted; 0 the webhook is not there, another went on, or the event has failed more often already
if redis.call('HGET', KEYS[1], 'c') ~= ARGV[1] then return 0 end
if ARGV[2] ~= '' and not redis.call('LPOS', KEYS[2], ARGV[2]) then return 0 end
local noted = cjson.decode(redis.call('HGET', KEYS[1], 'f') or '{}')
local failure = cjson.decode(ARGV[3])
if noted.eventId == failure.eventId and noted.attempts > failure.attempts then return 0 end
redis.call('HSET', KEYS[1], 'f', ARGV[3])
return 1
