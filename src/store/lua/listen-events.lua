#!lua
-- Where an account's stream ends, whether it is complete from a place on, and that somebody listens.
-- KEYS   1 stream  2 hash about it (relay-events.lua)
-- ARGV   1 for how long somebody listens (ms; 0: nobody does)  2 how old entries may be (ms)  3 a place, or ''
-- Output {the end, 1 when the stream is complete from that place on}
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local exists = redis.call('EXISTS', KEYS[1]) == 1
local known = redis.call('HMGET', KEYS[2], 'i', 'b')
local place, begins, changes = known[1], known[2], {}

local function set(name, value)
  changes[#changes + 1] = name
  changes[#changes + 1] = value
end

local info = {}
if exists then
  redis.call('XTRIM', KEYS[1], 'MINID', '~', string.format('%d', now - ARGV[2]))
  redis.call('PEXPIRE', KEYS[1], ARGV[2])
  local flat = redis.call('XINFO', 'STREAM', KEYS[1])
  for at = 1, #flat, 2 do info[flat[at]] = flat[at + 1] end
elseif not place then
  place = string.format('%d', now - 1)
  set('i', place)
end
local ends = exists and info['last-generated-id'] or place .. '-0'
if not begins then
  begins = ends
  set('b', ends)
end
if ARGV[1] ~= '0' then set('l', string.format('%d', now + ARGV[1])) end
if #changes > 0 then redis.call('HSET', KEYS[2], unpack(changes)) end
redis.call('PEXPIRE', KEYS[2], ARGV[2])
if ARGV[3] == '' then return { ends, 0 } end

local function is_before(one, other)
  local ms, seq = string.match(one, '^(%d+)%-(%d+)$')
  local other_ms, other_seq = string.match(other, '^(%d+)%-(%d+)$')
  ms, seq, other_ms, other_seq = tonumber(ms), tonumber(seq), tonumber(other_ms), tonumber(other_seq)
  return ms < other_ms or (ms == other_ms and seq < other_seq)
end
local complete = not is_before(ARGV[3], begins) and not is_before(ends, ARGV[3])
-- Entries before the first one may have been trimmed.
if complete and exists and info['entries-added'] > info['length'] then
  local first = info['first-entry']
  complete = first and not is_before(ARGV[3], first[1]) or ARGV[3] == ends
end
return { ends, complete and 1 or 0 }
