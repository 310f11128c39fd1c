#!lua
-- Takes message ids and writes down whose they are, in one step; or writes that down of ids that were taken ahead of their use.
-- KEYS   1 the counter  2 prefix of the index blocks (1024 ids each, 4 bytes per id)  3 who took the last ids (8 bytes), and the first since another did
-- ARGV   1 the last id there is  2 trackers, packed i4  3 how many ids each wants, packed I4  4 first of those that were taken
--        ahead for them, in a row (0: none were)  5 most to take ahead now  6 the mark of the node (8 bytes)
-- Output {the first id that was taken, how many of them are ahead}: each tracker's follow those of the one before, then come those that are
--        ahead; {-1, 0} when they are used up
local trackers, counts, wanted, known = ARGV[2], {}, 0, tonumber(ARGV[4])
for at = 1, #ARGV[3], 4 do
  local count = struct.unpack('>I4', ARGV[3], at)
  counts[#counts + 1] = count
  wanted = wanted + count
end
local before = tonumber(redis.call('GET', KEYS[1])) or 0
local first = known > 0 and known or before + 1
local last = first + wanted - 1
-- A counter that has lost what was taken ahead must not give it to others.
local counter = math.max(before, last)
if counter > tonumber(ARGV[1]) then return { -1, 0 } end
-- Where nodes take turns, what is taken ahead would be overtaken before its use.
local ahead = 0
if string.sub(redis.call('GET', KEYS[3]) or '', 1, 8) == ARGV[6] then
  ahead = math.min(tonumber(ARGV[5]), tonumber(ARGV[1]) - counter)
elseif known == 0 then
  redis.call('SET', KEYS[3], ARGV[6] .. struct.pack('>I4', first))
end
if counter + ahead > before then redis.call('SET', KEYS[1], counter + ahead) end
local owners = {}
for place, count in ipairs(counts) do owners[place] = string.rep(string.sub(trackers, place * 4 - 3, place * 4), count) end
local entries, id, at = table.concat(owners), first, 0
while id <= last do
  local slot = id % 1024
  local run = math.min(last - id + 1, 1024 - slot)
  redis.call('SETRANGE', KEYS[2] .. math.floor(id / 1024), slot * 4, string.sub(entries, at * 4 + 1, (at + run) * 4))
  id = id + run
  at = at + run
end
return { known > 0 and counter + 1 or first, ahead }
