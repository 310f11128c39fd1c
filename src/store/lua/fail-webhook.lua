#!lua
-- Notes that an event of a webhook could not be posted.
-- KEYS   as create-webhook.lua
-- ARGV   1 id  2 the failure (JSON)
-- Output 1 noted; 0 the webhook is not there
if redis.call('HEXISTS', KEYS[1], ARGV[1]) == 0 then return 0 end
redis.call('HSET', KEYS[3], 'f', ARGV[2])
return 1
