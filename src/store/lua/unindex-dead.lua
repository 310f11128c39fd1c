#!lua flags=allow-oom
-- Takes members that turned out to be no dead letters out of the index, unless they were named again or only just now.
-- KEYS   1 the index
-- ARGV   1 how old (ms) an entry must be  then member and the time seen, in pairs
-- Output how many went
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local gone = 0
for place = 2, #ARGV, 2 do
  local seen = ARGV[place + 1]
  if redis.call('ZSCORE', KEYS[1], ARGV[place]) == seen and now - seen > tonumber(ARGV[1]) then
    gone = gone + redis.call('ZREM', KEYS[1], ARGV[place])
  end
end
return gone
