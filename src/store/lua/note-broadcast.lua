#!lua
-- Notes what became of rounds of a broadcast's recipients; a message once named stays.
-- KEYS   1 its hash
-- ARGV   1 how old a round must be to be certain that it stored nothing (ms)  2 how old it may be (ms)
--        then per round its recipient's place (from 0), its number (from 1), the result and the message (0: none)
-- Output 0 it is not there; 1 noted; 2 noted, and it was withdrawn
--@include broadcast
local FIXED = 2
local known = redis.call('HMGET', KEYS[1], 'r', 'c')
if not known[1] then return 0 end
local page_of, save = open_rounds(KEYS[1], #known[1] / 4)
for at = FIXED + 1, #ARGV, 4 do
  local place, round, result, message = unpack(ARGV, at, at + 3)
  local page = page_of(tonumber(round))
  local record = page.get(tonumber(place))
  local age = NOW - record.begun
  local certain = tonumber(result) ~= UNSTORED or (age >= tonumber(ARGV[1]) and age < tonumber(ARGV[2]))
  if record.begun > 0 and record.message == 0 and certain then
    page.set(tonumber(place), record.begun, tonumber(result), tonumber(message))
  end
end
save()
return known[2] and 2 or 1
