#!lua
-- An event of a webhook is to be posted once more, and is not given up any more.
-- KEYS   as remove-webhook.lua
-- ARGV   1 id  2 the event's id  3 the event (JSON)  4 most that may wait
-- Output 1 it waits; 2 too many wait; 0 the webhook is not there
if redis.call('HEXISTS', KEYS[1], ARGV[1]) == 0 then return 0 end
if not redis.call('LPOS', KEYS[4], ARGV[3]) then
  if redis.call('LLEN', KEYS[4]) >= tonumber(ARGV[4]) then return 2 end
  redis.call('RPUSH', KEYS[4], ARGV[3])
end
redis.call('ZREM', KEYS[5], ARGV[2])
redis.call('HDEL', KEYS[6], ARGV[2])
return 1
