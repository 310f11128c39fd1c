#!lua flags=allow-oom
-- Appends events of trackers to their account's stream. What is there already is left out, so that it may be done twice; what
-- would leave a gap is not taken. Also when Redis is full: what gives back writes events, which go from where they wait once they are
-- here; and no node starts before what an earlier process left is relayed. The stream is bounded.
-- KEYS   1 stream  2 hash about it: by tracker the number of its last event there, i time (ms) behind which the next entry comes,
--        b place from which on the stream is complete, l until when (ms) somebody listens
-- ARGV   1 user  2 channel of nudges  3 most entries  4 how old they may be (ms)  5 most events in one entry
--        then per tracker, each once: id, number of the first event, 1 when nothing before it waits, packed events
-- Output {1 when somebody listens, then the trackers of which events before these are missing...}
local LOST = struct.pack('>BI4BI4', 5, 0, 0, 0)
local FIXED, PER_RUN, EVENT_BYTES = 5, 4, 10
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)

local names = { 'i', 'b', 'l' }
for place = FIXED + 1, #ARGV, PER_RUN do names[#names + 1] = ARGV[place] end
local known = redis.call('HMGET', KEYS[2], unpack(names))
local listening = (tonumber(known[3] or 0)) > now
local exists = redis.call('EXISTS', KEYS[1]) == 1
local reply, changes = { listening and 1 or 0 }, {}

local function append(entry)
  local id = '*'
  -- Places that were given out before there was a stream must lie before its first entry, whatever the clock does.
  if not exists then id = string.format('%d-*', math.max(now, (tonumber(known[1] or 0)) + 1)) end
  exists = true
  redis.call('XADD', KEYS[1], 'MAXLEN', '~', ARGV[3], id, 'e', entry)
end

for run = 0, (#ARGV - FIXED) / PER_RUN - 1 do
  local tracker, first, whole, packed = unpack(ARGV, FIXED + run * PER_RUN + 1, FIXED + (run + 1) * PER_RUN)
  first = tonumber(first)
  local last, upto = tonumber(known[4 + run] or nil), first + #packed / EVENT_BYTES - 1
  if whole ~= '1' and (not last or first > last + 1) then
    reply[#reply + 1] = tonumber(tracker)
  elseif not last or upto > last then
    local skip = last and math.max(0, last + 1 - first) or 0
    local lost = last and first > last + 1 and LOST or ''
    local fresh, room = lost .. string.sub(packed, skip * EVENT_BYTES + 1), ARGV[5] * EVENT_BYTES
    for at = 1, #fresh, room do append(struct.pack('>i4', tracker) .. string.sub(fresh, at, at + room - 1)) end
    changes[#changes + 1] = tracker
    changes[#changes + 1] = upto
  end
end

if #changes > 0 then
  if not known[2] then
    changes[#changes + 1] = 'b'
    changes[#changes + 1] = string.format('%d-0', now - 1)
  end
  redis.call('HSET', KEYS[2], unpack(changes))
  redis.call('XTRIM', KEYS[1], 'MINID', '~', string.format('%d', now - ARGV[4]))
  redis.call('PEXPIRE', KEYS[1], ARGV[4])
  redis.call('PEXPIRE', KEYS[2], ARGV[4])
  if listening then redis.call('PUBLISH', ARGV[2], ARGV[1]) end
end
return reply
