#!lua
-- Keeps a new webhook of an account.
-- KEYS   1 the account's webhooks (hash: id -> details)  2 their ids (ZSET)  3 its state (hash: c how far it has come, f its last failure)
-- ARGV   1 id  2 details (JSON)  3 how far it has come  4 most webhooks of an account
-- Output {1, when}; {0, 0}: there are too many
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local known = redis.call('HGET', KEYS[1], ARGV[1])
if known then return { 1, tonumber(string.match(known, '^%d+')) } end
if redis.call('ZCARD', KEYS[2]) >= tonumber(ARGV[4]) then return { 0, 0 } end
redis.call('HSET', KEYS[1], ARGV[1], string.format('%d %s', now, ARGV[2]))
redis.call('ZADD', KEYS[2], ARGV[1], ARGV[1])
redis.call('HSET', KEYS[3], 'c', ARGV[3])
return { 1, now }
