#!lua flags=allow-oom
-- Names texts in the index of dead letters, before they become such.
-- KEYS   1 the index
-- ARGV   members
-- Output the time (ms) they carry there
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
for _, member in ipairs(ARGV) do redis.call('ZADD', KEYS[1], now, member) end
return now
