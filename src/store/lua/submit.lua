#!lua
-- Stores an OUTGOING text and appends it to its tracker's outbox.
-- KEYS   the tracker's keys
-- ARGV   1 id  2 its mark in the pending index (0: it does not go to the outbox)  3 state  4 flags  5 rest of the packed value
--        6 text bytes  7 time to live in ms  8 urgent 0/1  9 most texts in an outbox  10 most bytes
-- Output {0} take a fresh id and mark; {1, submitted, owner's node ('': none), epoch}; {2} the outbox is full
--@include head
--@include messages
--@include outbox
local id, mark = tonumber(ARGV[1]), tonumber(ARGV[2])

if id <= get('i') then
  local _, value = load_message(id)
  if not value then return { 0 } end
  return { 1, struct.unpack('>I6', value, 3), head['n'] or '', get('e') }
end
if mark > 0 then
  if mark <= get('pf') then return { 0 } end
  local waiting = redis.call('LLEN', NORMAL) + redis.call('LLEN', URGENT)
  if waiting >= tonumber(ARGV[9]) or get('b') + ARGV[6] > tonumber(ARGV[10]) then return { 2 } end
end

local at = stamp()
append_message(id, at, struct.pack('>BBI6I6', ARGV[3], ARGV[4], at, 0) .. ARGV[5])
if mark > 0 then
  local bytes, ttl = tonumber(ARGV[6]), tonumber(ARGV[7])
  enqueue(id, { urgent = tonumber(ARGV[8]), epoch = 0, attempts = 0, tag = 0, parts = 0, expires = at + ttl, ttl = ttl, bytes = bytes })
end
save()
return { 1, at, head['n'] or '', get('e') }
