#!lua
-- Stores a device's texts, all or none; re-sends are recognised and not stored again.
-- KEYS   the tracker's head
-- ARGV   1 first of the ids taken for it, one per text  2 nonce of this call (12 bytes)  3 epoch  4 early 0/1  5 packed employee or ''
--        6 most remembered texts  7 for how long (ms)  8 how long a text without a serial can come again (ms)
--        9 a text that the device has moved on from (0: none)  10 whether the ids were taken ahead 0/1
--        then per text: digest (8 bytes; of serial and text, or of the text alone), has a serial 0/1, answered id or 0, flags, text
-- Output {0, why} again with other ids (why 0), with some that are not taken ahead (1); {1, duplicates, id per text...}; {2} nothing is stored: a newer line owns the tracker
--@include head
--@include events
--@include messages
--@include timeline
--@include outbox
--@include last
--@include ids
local FIRST_TEXT = 11
local first, nonce, epoch, early = tonumber(ARGV[1]), ARGV[2], tonumber(ARGV[3]), ARGV[4] == '1'
local keep, keep_ms, resend_ms = tonumber(ARGV[6]), tonumber(ARGV[7]), tonumber(ARGV[8])

local known = head['r']
if known and string.sub(known, 1, 12) == nonce then
  local reply = { 1, (struct.unpack('>I2', known, 13)) }
  for at = 15, #known, 4 do reply[#reply + 1] = (struct.unpack('>I4', known, at)) end
  return finish(reply)
end
-- What an unnumbered text of an older line repeats, or what repeats it, comes over the newer one.
if epoch < get('e') then
  for place = FIRST_TEXT, #ARGV, 5 do
    if ARGV[place + 1] ~= '1' then return finish({ 2 }) end
  end
end
if overtaken(ARGV[10], first) then return finish({ 0, 1 }) end
if first <= get('i') then return finish({ 0, 0 }) end

pass(tonumber(ARGV[9]))
local at = stamp()
line_node = epoch == get('e') and head['n'] or nil
local recent = nil

local function by_serial(digest)
  recent = recent or redis.call('LRANGE', RECENT, 0, -1)
  for place = #recent, 1, -1 do
    local id, seen = struct.unpack('>I4I6', recent[place])
    if string.sub(recent[place], 11) == digest and at - seen < keep_ms then return id end
  end
  return nil
end

-- Without a serial only the previous line's last text can come again, and only before that line's device moved on.
local function resent(digest)
  if not early or not head['x'] then return nil end
  local id, seen_epoch, seen, passed = struct.unpack(LAST, head['x'])
  if passed == 1 or seen_epoch >= epoch or at - seen > resend_ms or string.sub(head['x'], 16) ~= digest then return nil end
  set('x', struct.pack(LAST, id, epoch, at, 0) .. digest)
  return id
end

local function remember(digest, has_serial, id)
  if not has_serial then
    set('x', struct.pack(LAST, id, epoch, at, 0) .. digest)
    return
  end
  local entry = struct.pack('>I4I6', id, at) .. digest
  redis.call('RPUSH', RECENT, entry)
  redis.call('LTRIM', RECENT, -keep, -1)
  if recent then
    recent[#recent + 1] = entry
    if #recent > keep then table.remove(recent, 1) end
  end
end

local function add(id, answered, flags, text)
  local answers = ''
  local bucket, value = load_visible(answered)
  if value and is_outgoing(value) then
    answers = struct.pack('>i4', answered)
    flags = flags + HAS_ANSWERS
    arrived(answered, bucket, value, ANSWERED, BY_DEVICE)
  end
  append_message(id, at, struct.pack('>BBI6I6', UNREAD_STATE, flags, at, 0) .. ARGV[5] .. answers .. text)
  redis.call('SADD', UNREAD, id)
end

local ids, duplicates, fresh = {}, 0, first
for place = FIRST_TEXT, #ARGV, 5 do
  local digest, has_serial = ARGV[place], ARGV[place + 1] == '1'
  local id
  if has_serial then id = by_serial(digest) else id = resent(digest) end
  if id then
    duplicates = duplicates + 1
  else
    id = fresh
    fresh = fresh + 1
    add(id, tonumber(ARGV[place + 2]), tonumber(ARGV[place + 3]), ARGV[place + 4])
    remember(digest, has_serial, id)
  end
  ids[#ids + 1] = id
end

local outcome = { nonce, struct.pack('>I2', duplicates) }
for _, id in ipairs(ids) do outcome[#outcome + 1] = struct.pack('>I4', id) end
set('r', table.concat(outcome))
if fresh > first then tell_unread() end
table.insert(ids, 1, duplicates)
table.insert(ids, 1, 1)
return finish(ids)
