#!lua
-- Writes a broadcast down, before any of its texts is stored.
-- KEYS   1 its hash  2 the account's broadcasts (ZSET by id)  3 the account's pace  4 prefix of the account's hashes
--        5 what its idempotency key stands for  6 the list of the account's such keys (ZSET by when they end)
-- ARGV   1 id  2 details (JSON)  3 recipients (4 bytes each)  4 for how long it is kept (ms)  5 most that are kept
--        6 for how long the key holds (ms; 0: it has none)  7 texts that want their turn  8, 9 the pace: so many in so many ms
--        10 the longest wait for a turn (ms)  11 the idempotency key's name in the list
-- Output {1, id, when, how long the pace is busy before it (ms)}; {0, id}: it was written down before, under that key
--@include broadcast
local id, keyed = ARGV[1], ARGV[6] ~= '0'
local known = keyed and redis.call('GET', KEYS[5]) or id
if known ~= id and redis.call('EXISTS', KEYS[4] .. known) == 1 then return { 0, tonumber(known) } end
local before = redis.call('HMGET', KEYS[1], 't', 'a')
if before[1] then return { 1, tonumber(id), tonumber(before[1]), tonumber(before[2]) } end

local ahead = take_turns(KEYS[3], tonumber(ARGV[7]), tonumber(ARGV[8]), tonumber(ARGV[9]), tonumber(ARGV[10]))
local round = string.rep(struct.pack(RECORD, NOW, UNKNOWN, 0), #ARGV[3] / 4)
redis.call('HSET', KEYS[1], 't', string.format('%d', NOW), 'd', ARGV[2], 'r', ARGV[3], 'a', ahead, '1', round)
redis.call('PEXPIRE', KEYS[1], ARGV[4])
redis.call('ZADD', KEYS[2], id, id)
redis.call('PEXPIRE', KEYS[2], ARGV[4])
if keyed then
  redis.call('SET', KEYS[5], id, 'PX', ARGV[6])
  redis.call('ZREMRANGEBYSCORE', KEYS[6], '-inf', NOW)
  redis.call('ZADD', KEYS[6], NOW + ARGV[6], ARGV[11])
  redis.call('PEXPIRE', KEYS[6], ARGV[6])
end

for _, old in ipairs(redis.call('ZRANGE', KEYS[2], 0, -(ARGV[5] + 1))) do
  redis.call('UNLINK', KEYS[4] .. old)
  redis.call('ZREM', KEYS[2], old)
end
-- Those that went by themselves: as many as come in.
for _, old in ipairs(redis.call('ZRANGE', KEYS[2], 0, 1)) do
  if redis.call('EXISTS', KEYS[4] .. old) == 0 then redis.call('ZREM', KEYS[2], old) end
end
return { 1, tonumber(id), NOW, ahead }
