-- Timelines: beside each bucket of messages a hash by id of packed entries, forgotten some time after the last of them.
-- Entry: at I6, kind B; a state's kind is its code: attempt B (0: none), node (length B + bytes), reason (length I2 + bytes);
-- a frame's: length I2 + bytes.
local FRAME_DOWN, FRAME_UP = 128, 129
local TIMELINE_MS = 7 * 24 * 60 * 60 * 1000
-- Frames stop being kept when a message has this many bytes of entries, states at twice as many.
local FRAMES_BYTES = 8192

-- Where the line is that brings about what this script does; nil: no line does.
local line_node = nil
local notes, noted = {}, {}

local function note(id, bucket, entry, most, expires)
  local key = string.format('%d', id)
  local known = notes[key]
  if not known then
    known = { bucket = bucket, entries = {}, keep = TIMELINE_MS }
    notes[key] = known
    noted[#noted + 1] = key
  end
  known.entries[#known.entries + 1] = { packed = entry, most = most }
  if expires then known.keep = math.max(known.keep, expires - NOW + TIMELINE_MS) end
end

-- `more`: attempt, reason, and for a pending text when it expires.
local function note_state(id, bucket, state, more)
  local node, reason = string.sub(line_node or '', 1, 255), more.reason or ''
  local packed = struct.pack('>I6BBB', stamp(), state, math.min(more.attempt or 0, 255), #node) .. node
  note(id, bucket, packed .. struct.pack('>I2', #reason) .. reason, 2 * FRAMES_BYTES, more.expires)
end

local function note_frame(id, bucket, kind, at, bytes)
  note(id, bucket, struct.pack('>I6BI2', at, kind, #bytes) .. bytes, FRAMES_BYTES)
end

-- Changes a message's state, and says so in its timeline.
local function turn(id, state, more)
  local bucket, value = load_message(id)
  if not value then return end
  redis.call('HSET', bucket, id, with_state(value, state))
  note_state(id, bucket, state, more)
end

-- Ends a script that changed something: saves the head and writes down what was noted.
local function finish()
  save()
  for _, id in ipairs(noted) do
    local fresh = notes[id]
    local key = TIMELINE .. string.sub(fresh.bucket, #BUCKET + 1)
    local entries = redis.call('HGET', key, id) or ''
    for _, entry in ipairs(fresh.entries) do
      if #entries + #entry.packed <= entry.most then entries = entries .. entry.packed end
    end
    redis.call('HSET', key, id, entries)
    if redis.call('PTTL', key) < fresh.keep then redis.call('PEXPIRE', key, fresh.keep) end
  end
end
