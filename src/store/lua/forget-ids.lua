#!lua flags=allow-oom
-- Forgets whose these ids were: their messages are gone. Blocks of the index that were given back stay away.
-- KEYS   1 prefix of the index blocks  2 what is known of old ids: hash of u (up to this id they were removed by age),
--        n (the first block that may be there)
-- ARGV   1 they were removed by age 0/1  2... ids
-- Output 1
local highest = 0
for place = 2, #ARGV do
  local id = tonumber(ARGV[place])
  local block, offset = KEYS[1] .. math.floor(id / 1024), (id % 1024) * 4
  if redis.call('STRLEN', block) > offset then redis.call('SETRANGE', block, offset, '\0\0\0\0') end
  highest = math.max(highest, id)
end
if ARGV[1] == '1' and highest > tonumber(redis.call('HGET', KEYS[2], 'u') or 0) then redis.call('HSET', KEYS[2], 'u', highest) end
return 1
