#!lua flags=allow-oom
-- Forgets events that were relayed.
-- KEYS   1 head  2 the events
-- ARGV   1 number of the last of them
-- Output how many still wait
local packed = redis.call('GET', KEYS[2])
if not packed then return 0 end
local waiting = tonumber(redis.call('HGET', KEYS[1], 'es')) - tonumber(ARGV[1])
if waiting <= 0 then
  redis.call('DEL', KEYS[2])
  return 0
end
if waiting * 10 < #packed then redis.call('SET', KEYS[2], string.sub(packed, -waiting * 10)) end
return waiting
