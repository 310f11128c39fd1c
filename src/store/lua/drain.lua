#!lua flags=allow-oom
-- Keeps frames, applies settlements, then claims texts for the line that owns the epoch.
-- KEYS   the tracker's head
-- ARGV   1 JSON {nonce, epoch, room, urgentOnly: claim from the urgent lane alone, maxAttempts, tagBytes, held: [id], settlements: [Settlement],
--        indexed: [id] ids in the dead-letter index, indexedAt: since (ms), traces: [{id, up, ageMs}],
--        tags: [{id, tag}], keptTags: most of them}
--        then the frame of each trace
-- Output {0} stale; {1, waiting, ms until a text becomes due (-1: none does), ids to index as dead letters before the
--        next call, {how many texts expired, how many became dead letters in this call}, ids of withdrawn texts,
--        then per claimed text {id, packed value, urgent, attempt, tag, parts acknowledged}...}
--@include head
--@include events
--@include messages
--@include timeline
--@include outbox
--@include tags
--@include settle
-- An index entry older than this may have been swept already: too late to rely on it.
local INDEX_MS = 30000
local LAST_TAG = 65535

local request = cjson.decode(ARGV[1])
local epoch, room = request.epoch, request.room
local owner = epoch == get('e')
line_node = owner and head['n'] or nil

local held, indexed = {}, {}
for _, id in ipairs(request.held) do held[tostring(id)] = true end
if NOW - request.indexedAt < INDEX_MS then
  for _, id in ipairs(request.indexed) do indexed[tostring(id)] = true end
end

-- A text may be buried once the index outside this slot names it; until then it blocks its lane.
local to_index, named = {}, {}
local function may_bury(id)
  if indexed[tostring(id)] then return true end
  if not named[tostring(id)] then
    named[tostring(id)] = true
    to_index[#to_index + 1] = tonumber(id)
  end
  return false
end

local expired, buried = 0, 0
local function run_out(id)
  leave(id, EXPIRED)
  expired = expired + 1
end

local function entomb(id)
  bury(id)
  buried = buried + 1
end

-- Ends these texts as far as no line has them and no attempt is left.
local function give_up(ids)
  for _, id in ipairs(ids) do
    local f = load_flight(id)
    if f and f.epoch ~= epoch and f.attempts >= request.maxAttempts then
      if f.expires <= NOW then run_out(id)
      elseif may_bury(id) then entomb(id) end
    end
  end
end

-- A frame is as old as it says, less the rounding that could put it before its claim.
local function keep_frames()
  for place, trace in ipairs(request.traces) do
    local bucket, value = load_visible(trace.id)
    if value and is_outgoing(value) then
      note_frame(trace.id, bucket, trace.up and FRAME_UP or FRAME_DOWN, stamp() - math.max(0, trace.ageMs - 1), ARGV[1 + place])
    end
  end
end

local lapsed = {}
local function settle()
  if head['dn'] == request.nonce then return end
  keep_frames()
  for _, s in ipairs(request.settlements) do
    if receipts[s.type] then receipts[s.type](s)
    elseif owner then conclusions[s.type](s, epoch, lapsed) end
  end
  keep_tags(request.tags, request.keptTags)
  if #request.settlements + #request.traces + #request.tags > 0 then set('dn', request.nonce) end
end

local function reserve_tags(bytes)
  local count = math.min(LAST_TAG, math.max(1, math.ceil(bytes * 2 / request.tagBytes)))
  local first = math.max(1, get('g'))
  if first + count - 1 > LAST_TAG then first = 1 end
  set('g', first + count)
  return first
end

local function hand_out(id, f)
  local bucket, value = load_message(id)
  if f.epoch ~= epoch then
    f.epoch = epoch
    f.attempts = f.attempts + 1
    if f.tag == 0 then f.tag = reserve_tags(f.bytes) end
    save_flight(id, f)
    value = with_state(value, WRITTEN)
    redis.call('HSET', bucket, id, value)
    note_state(id, bucket, WRITTEN, { attempt = f.attempts, expires = f.expires })
    if has(value, HAS_CHOICES) then open_question(id) end
  end
  return { tonumber(id), value, f.urgent, f.attempts, f.tag, f.parts }
end

-- Names the exhausted texts behind one that blocks the lane, so that one more call can bury them all.
local function look_ahead(lane, offset)
  for _, id in ipairs(redis.call('LRANGE', lane, offset, offset + 15)) do
    local f = load_flight(id)
    if f.epoch == epoch or f.attempts < request.maxAttempts then return end
    if f.expires > NOW then may_bury(id) end
  end
end

local texts = {}
-- Strictly in order: nothing is claimed past a text that is neither held nor ended. False: the lane is blocked.
local function claim(lane)
  local offset = 0
  while #texts < room do
    local id = redis.call('LINDEX', lane, offset)
    if not id then return true end
    local f = load_flight(id)
    if f.epoch == epoch and held[id] then
      offset = offset + 1
    elseif f.expires <= NOW then
      run_out(id)
    elseif f.epoch ~= epoch and f.attempts >= request.maxAttempts then
      if not may_bury(id) then
        look_ahead(lane, offset + 1)
        return false
      end
      entomb(id)
    else
      texts[#texts + 1] = hand_out(id, f)
      held[id] = nil
      offset = offset + 1
    end
  end
  return true
end

-- Of what the line holds, or gives back in this call, the texts that nobody wants any more.
local function withdrawn()
  local ids = {}
  local function look(id)
    if load_flight(id) then return end
    local _, value = load_visible(id)
    if not value or state_of(value) == CANCELLED then ids[#ids + 1] = tonumber(id) end
  end
  for _, id in ipairs(request.held) do look(id) end
  for _, s in ipairs(request.settlements) do
    if s.type == 'lapsed' then look(s.id) end
  end
  return ids
end

settle()
if not owner then return finish({ 0 }) end
give_up(lapsed)
give_up(request.indexed)
local due = join_due()
local both = not request.urgentOnly
if head['n'] and claim(URGENT) and both then claim(NORMAL) end
local waiting = redis.call('LLEN', URGENT) - #texts
if both then waiting = waiting + redis.call('LLEN', NORMAL) end
for id in pairs(held) do
  local f = load_flight(id)
  if f and f.epoch == epoch and (both or f.urgent == 1) then waiting = waiting - 1 end
end
local reply = { 1, waiting, due and due - NOW or -1, to_index, { expired, buried }, withdrawn() }
for _, text in ipairs(texts) do reply[#reply + 1] = text end
return finish(reply)
