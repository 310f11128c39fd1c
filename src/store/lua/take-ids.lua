#!lua
-- Takes message ids and writes down whose they are, in one step: an id without its entry cannot exist.
-- KEYS   1 the counter  2 prefix of the index blocks (1024 ids each, 4 bytes per id)
-- ARGV   1 tracker  2 how many  3 the last id there is
-- Output the first id; -1 when they are used up
local tracker, count = struct.pack('>i4', ARGV[1]), tonumber(ARGV[2])
local last = (tonumber(redis.call('GET', KEYS[1])) or 0) + count
if last > tonumber(ARGV[3]) then return -1 end
redis.call('SET', KEYS[1], last)
local id = last - count + 1
while id <= last do
  local slot = id % 1024
  local run = math.min(last - id + 1, 1024 - slot)
  redis.call('SETRANGE', KEYS[2] .. math.floor(id / 1024), slot * 4, string.rep(tracker, run))
  id = id + run
end
return last - count + 1
