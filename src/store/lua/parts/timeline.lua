-- Timelines: beside each bucket of messages a hash by id of packed entries, forgotten some time after the last of them.
-- Entry: at I6, kind B; a state's kind is its code: attempt B (0: none), node (length B + bytes), reason (length I2 + bytes);
-- a frame's: length I2 + bytes.
local FRAME_DOWN, FRAME_UP = 128, 129
local TIMELINE_MS = 7 * 24 * 60 * 60 * 1000
-- Frames stop being kept when a message has this many bytes of entries, states at twice as many.
local FRAMES_BYTES = 8192

-- Where the line is that brings about what this script does; nil: no line does.
local line_node = nil
-- By bucket: ids in the order of their first note, the notes of each, and how long (ms) the timelines there must be kept.
local pages = {}

local function note(id, bucket, entry, most, expires)
  local key, page = string.format('%d', id), pages[bucket]
  if not page then
    page = { ids = {}, notes = {}, keep = TIMELINE_MS }
    pages[bucket] = page
  end
  local known = page.notes[key]
  if not known then
    known = {}
    page.notes[key] = known
    page.ids[#page.ids + 1] = key
  end
  known[#known + 1] = { packed = entry, most = most }
  if expires then page.keep = math.max(page.keep, expires - NOW + TIMELINE_MS) end
end

-- `more`: attempt, reason, for a pending text when it expires, and whether the message itself is news.
local function note_state(id, bucket, state, more)
  if state < UNREAD_STATE and not more.fresh then tell(STATUS_EVENT, id, state, 0) end
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

local function write_down(key, page)
  local known, fields = redis.call('HMGET', key, unpack(page.ids)), {}
  for place, id in ipairs(page.ids) do
    local entries = known[place] or ''
    for _, entry in ipairs(page.notes[id]) do
      if #entries + #entry.packed <= entry.most then entries = entries .. entry.packed end
    end
    fields[#fields + 1] = id
    fields[#fields + 1] = entries
  end
  redis.call('HSET', key, unpack(fields))
  if redis.call('PTTL', key) < page.keep then redis.call('PEXPIRE', key, page.keep) end
end

at_end[#at_end + 1] = function()
  for bucket, page in pairs(pages) do write_down(TIMELINE .. string.sub(bucket, #BUCKET + 1), page) end
end
