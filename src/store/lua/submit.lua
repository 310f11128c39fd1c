#!lua
-- Stores an OUTGOING text and puts it into its tracker's outbox.
-- KEYS   the tracker's head
-- ARGV   1 id  2 its mark in the pending index (0: it does not go to the outbox)  3 state  4 flags  5 rest of the packed value
--        6 bytes it counts  7 time to live in ms  8 urgent 0/1  9 most texts in an outbox  10 most bytes
--        11 ms until it may go out  12 message that it replaces (0: none)  13 digest of its idempotency key ('': none)
--        14 most digests remembered  15 for how long (ms)  16 whether its mark served before 0/1
--        17 whether the id was taken ahead 0/1
-- Output {0, why} again with another id (why 0), with one that is not taken ahead (1), with a fresh mark (2); {1, id, submitted, owner's node ('': none), epoch, replaced 0/1, repeated 0/1};
--        {2} the outbox is full
--@include head
--@include events
--@include messages
--@include timeline
--@include outbox
--@include ids
local id, mark, replaces, digest = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[12]), ARGV[13]

local function submitted(value) return (struct.unpack('>I6', value, 3)) end
local function reason_of(value) return string.sub(value, reason_at(value) + 2, choices_at(value) - 1) end

local function stored(known, value, repeated)
  local _, old = load_visible(replaces)
  local replaced = old and state_of(old) == CANCELLED and has(old, HAS_REASON) and reason_of(old) == string.format('replaced by %d', known)
  return { 1, known, submitted(value), head['n'] or '', get('e'), replaced and 1 or 0, repeated }
end

if id <= get('i') then
  local _, value = load_message(id)
  if not value then return finish({ 0, overtaken(ARGV[17], id) and 1 or 0 }) end
  return finish(stored(id, value, 0))
end
if overtaken(ARGV[17], id) then return finish({ 0, 1 }) end
if digest ~= '' then
  local known = tonumber(redis.call('ZSCORE', REPEATS, digest) or 0)
  local _, value = load_visible(known)
  if value and NOW - submitted(value) < tonumber(ARGV[15]) then return finish(stored(known, value, 1)) end
end
local old = nil
if mark > 0 then
  -- One that served before must have served since the tracker was erased, if it was: it left the index with that.
  if mark <= get('pf') or (ARGV[16] == '1' and mark > get('pm')) then return finish({ 0, 2 }) end
  old = load_flight(replaces)
  local texts, bytes = texts_inside(), get('b') + ARGV[6]
  if old then texts, bytes = texts - 1, bytes - old.bytes end
  if texts >= tonumber(ARGV[9]) or bytes > tonumber(ARGV[10]) then return finish({ 2 }) end
end

local at = stamp()
local value = struct.pack('>BBI6I6', ARGV[3], ARGV[4], at, 0) .. ARGV[5]
local bucket = append_message(id, at, value)
if mark == 0 then note_state(id, bucket, REJECTED, { reason = reason_of(value), fresh = true }) end
if old then
  local old_bucket, old_value = load_message(replaces)
  withdraw(replaces, old_bucket, old_value, string.format('replaced by %d', id))
end
if mark > 0 then
  local bytes, ttl, delay = tonumber(ARGV[6]), tonumber(ARGV[7]), tonumber(ARGV[11])
  local f = { urgent = tonumber(ARGV[8]), epoch = 0, attempts = 0, tag = 0, parts = 0, expires = at + delay + ttl, ttl = ttl, bytes = bytes }
  enqueue(id, f, delay > 0 and at + delay or nil)
  if mark > get('pm') then set('pm', mark) end
end
if digest ~= '' then
  redis.call('ZADD', REPEATS, id, digest)
  redis.call('ZREMRANGEBYRANK', REPEATS, 0, -(ARGV[14] + 1))
  redis.call('PEXPIRE', REPEATS, ARGV[15])
end
return finish(stored(id, value, 0))
