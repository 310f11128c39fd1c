#!lua
-- Takes message ids and writes down whose they are, in one step: an id without its entry cannot exist.
-- KEYS   1 the counter  2 prefix of the index blocks (1024 ids each, 4 bytes per id)
-- ARGV   1 the last id there is  2 trackers, packed i4  3 how many ids each wants, packed I4
-- Output the first id; each tracker's follow those of the one before; -1 when they are used up
local trackers, counts, wanted = ARGV[2], {}, 0
for at = 1, #ARGV[3], 4 do
  local count = struct.unpack('>I4', ARGV[3], at)
  counts[#counts + 1] = count
  wanted = wanted + count
end
local last = (tonumber(redis.call('GET', KEYS[1])) or 0) + wanted
if last > tonumber(ARGV[1]) then return -1 end
redis.call('SET', KEYS[1], last)
local owners = {}
for place, count in ipairs(counts) do owners[place] = string.rep(string.sub(trackers, place * 4 - 3, place * 4), count) end
local entries, id, at = table.concat(owners), last - wanted + 1, 0
while id <= last do
  local slot = id % 1024
  local run = math.min(last - id + 1, 1024 - slot)
  redis.call('SETRANGE', KEYS[2] .. math.floor(id / 1024), slot * 4, string.sub(entries, at * 4 + 1, (at + run) * 4))
  id = id + run
  at = at + run
end
return last - wanted + 1
