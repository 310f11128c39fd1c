#!lua flags=allow-oom
-- Takes the next owner epoch for a new line.
-- KEYS   the tracker's head
-- ARGV   1 nonce of this call (12 bytes)  2 node  3 protocol
-- Output {epoch, proven 0/1, closings, ms since the last closing (-1: never), displaced node ('': none), its epoch,
--        and when a question is open its id and packed value}
--@include head
--@include events
--@include messages
-- The words of a driver answer a question for this long.
local QUESTION_MS = 24 * 60 * 60 * 1000
local nonce = ARGV[1]
local node, epoch = head['n'] or '', get('e')

local known = head['ln']
if known and string.sub(known, 1, 12) == nonce then
  -- The same call once more (its answer was lost), and no other since: the epoch taken then is still the last.
  node, epoch = string.sub(known, 17), (struct.unpack('>I4', known, 13))
else
  set('ln', nonce .. struct.pack('>I4', epoch) .. node)
  set('e', math.max(epoch + 1, math.floor(NOW / 1000)))
  set('n', ARGV[2])
  set('pr', ARGV[3])
  tell_presence(1)
end

local since = -1
if get('k') > 0 then since = math.max(0, NOW - get('k')) end
local reply = { get('e'), get('v'), get('c'), since, node, epoch }
if head['oq'] and head['oq'] ~= '' then
  local id, asked = struct.unpack('>I4I6', head['oq'])
  local _, value = load_visible(id)
  if value and NOW - asked < QUESTION_MS then
    reply[7] = id
    reply[8] = value
  end
end
return finish(reply)
