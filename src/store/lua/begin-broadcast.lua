#!lua
-- Begins rounds of a broadcast's recipients: the next one of a recipient whose last has a message, or once more one of which
-- nothing was stored. Doing it twice is doing it once.
-- KEYS   1 its hash  2 the account's pace
-- ARGV   1 texts that want their turn  2, 3 the pace: so many in so many ms  4 the longest wait for a turn (ms)
--        5 1 when it goes on though it was withdrawn  6 most rounds of a recipient  7 how old a round without an outcome may be (ms)
--        then per round its recipient's place (from 0) and its number (from 1)
-- Output {how long the pace is busy before it (ms), then 1 per round that may be given, else 0...}
--@include broadcast
local FIXED = 7
local known = redis.call('HMGET', KEYS[1], 'r', 'c')
if not known[1] or (known[2] and ARGV[5] ~= '1') then
  local reply = { 0 }
  for _ = FIXED + 1, #ARGV, 2 do reply[#reply + 1] = 0 end
  return reply
end
if known[2] then redis.call('HDEL', KEYS[1], 'c') end

local page_of, save = open_rounds(KEYS[1], #known[1] / 4)
local function begins(place, round)
  local page = page_of(round)
  local record = page.get(place)
  if record.begun == 0 then
    if round < 2 or round > tonumber(ARGV[6]) then return 0 end
    local last = page_of(round - 1).get(place)
    if last.result ~= STORED and last.result ~= UNSENDABLE then return 0 end
  elseif record.result == UNKNOWN then
    return NOW - record.begun < tonumber(ARGV[7]) and 1 or 0
  elseif record.result == STORED or record.result == UNSENDABLE then
    return 0
  end
  page.set(place, NOW, UNKNOWN, 0)
  return 1
end

local reply = { take_turns(KEYS[2], tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])) }
for at = FIXED + 1, #ARGV, 2 do reply[#reply + 1] = begins(tonumber(ARGV[at]), tonumber(ARGV[at + 1])) end
save()
return reply
