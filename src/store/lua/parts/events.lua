-- Events: what the tracker's account has not been told yet, packed one after the other in a string. Each has a number, one
-- above the one before; the last one's is the head's field es.
-- Event: kind B, what I4, how B, more I4 (event-codec.ts).
local MESSAGE_EVENT, STATUS_EVENT, UNREAD_EVENT, PRESENCE_EVENT = 1, 2, 3, 4
local EVENT_BYTES, MOST_EVENTS = 10, 4096

local events, at_end = {}, {}

local function tell(kind, what, how, more)
  events[#events + 1] = struct.pack('>BI4BI4', kind, what, how, more)
end

local function tell_unread() tell(UNREAD_EVENT, redis.call('SCARD', UNREAD), 0, 0) end

local function tell_presence(online)
  local at = stamp()
  set('pt', at)
  tell(PRESENCE_EVENT, math.floor(at / 1000), online, at % 1000)
end

-- Gives the number of the first of them. The oldest beyond the bound are lost, which the gap in the numbers shows.
local function append_events(packed)
  -- Numbers rise even when all that was known of the tracker was erased.
  local last = head['es'] and get('es') or NOW
  set('es', last + #events)
  if redis.call('APPEND', EVENTS, packed) > MOST_EVENTS * EVENT_BYTES then
    redis.call('SET', EVENTS, redis.call('GETRANGE', EVENTS, -MOST_EVENTS * EVENT_BYTES, -1))
  end
  return last + 1
end

-- Ends a script that may have changed something: what it gives is {reply, number of the first event written (0: none was,
-- and none waits; -1: none was, but some wait), packed events}.
local function finish(reply)
  local first, packed = 0, ''
  if #events > 0 then
    packed = table.concat(events)
    first = append_events(packed)
  elseif redis.call('STRLEN', EVENTS) > 0 then
    first = -1
  end
  save()
  for _, last_step in ipairs(at_end) do last_step() end
  return { reply, first, packed }
end
