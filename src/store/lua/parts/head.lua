-- The keys of one tracker, as `trackerKeys` (keys.ts) has them, and its head hash. Only the head's name is given: the others are in its slot, and fourteen
-- names more for each call cost the caller a twentieth of what a text takes.
-- Head fields: i last id, s last stamp, q messages stored, m submit time of the last message, fl hidden up to this id,
-- e owner epoch, n owner node, pr protocol, ln last login's nonce + displaced owner, g next tag,
-- v proven, c closings, k last closing time, ke its epoch, dn last drain's nonce,
-- x last text without a serial, r last reception's nonce + outcome, b bytes in the outbox,
-- lm the last message that is left, when that is not the last there ever was,
-- pf pending marks up to this one were withdrawn, pm the newest that a text came with, rn pending mark of the last dead letter put back, oq the open question,
-- es number of the last event, pt when the device was last seen to come or go, pg epoch of a line whose node was given up.
local HEAD = KEYS[1]
local SLOT = string.sub(HEAD, 1, -2)
local BY_ID, BY_TIME, BUCKET, UNREAD, RECENT = SLOT .. 'bi', SLOT .. 'bt', SLOT .. 'b', SLOT .. 'u', SLOT .. 'd'
local NORMAL, URGENT, FLIGHTS, DEAD, WAITING = SLOT .. 'o', SLOT .. 'p', SLOT .. 'f', SLOT .. 'x', SLOT .. 'w'
local TIMELINE, REPEATS, EVENTS, TAGS = SLOT .. 'l', SLOT .. 'k', SLOT .. 'ev', SLOT .. 'r'

local head, changes = {}, {}
do
  local flat = redis.call('HGETALL', HEAD)
  for at = 1, #flat, 2 do head[flat[at]] = flat[at + 1] end
end

local function get(field) return tonumber(head[field]) or 0 end

local function set(field, value)
  head[field] = value
  changes[#changes + 1] = field
  changes[#changes + 1] = value
end

local function save()
  if #changes > 0 then redis.call('HSET', HEAD, unpack(changes)) end
end

local time = redis.call('TIME')
local NOW = time[1] * 1000 + math.floor(time[2] / 1000)

-- Stamps of one tracker never go back, whatever the clock does.
local function stamp()
  local at = math.max(get('s'), NOW)
  if at ~= get('s') then set('s', at) end
  return at
end
