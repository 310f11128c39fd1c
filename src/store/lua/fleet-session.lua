-- Enters a session into its user's index, and takes out those that have ended or are too many.
-- KEYS   1 ZSET of sessions by the time they end
-- ARGV   1 session  2 how long it lives (ms)  3 most sessions
-- Output the oldest of those that are too many
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
redis.call('ZADD', KEYS[1], now + ARGV[2], ARGV[1])
redis.call('PEXPIRE', KEYS[1], ARGV[2])
local excess = redis.call('ZRANGE', KEYS[1], 0, -(ARGV[3] + 1))
if #excess > 0 then redis.call('ZREM', KEYS[1], unpack(excess)) end
return excess
