-- What settlements do (see Settlement in core/session-io.ts).
local function prove()
  if head['v'] ~= '1' then set('v', '1') end
  if get('c') ~= 0 then set('c', 0) end
  if get('k') ~= 0 then set('k', 0) end
end

local function is_received(value)
  local state = state_of(value)
  return state == DELIVERED or state == READ or state == ANSWERED
end

-- A genuine receipt holds whatever the epoch of the line that brings it.
local receipts = {}

function receipts.delivered(s)
  if s.receipt == 'device' then prove() end
  local bucket, value = load_visible(s.id)
  if not value or not is_outgoing(value) or is_received(value) then return end
  arrived(s.id, bucket, value, DELIVERED, s.receipt == 'device' and BY_DEVICE or IMPLIED)
end

function receipts.read(s)
  local bucket, value = load_visible(s.id)
  if not value or not is_outgoing(value) or state_of(value) == READ or state_of(value) == ANSWERED then return end
  arrived(s.id, bucket, value, READ, BY_DEVICE)
end

function receipts.rejected(s)
  prove()
  local bucket, value = load_visible(s.id)
  if not value or not is_outgoing(value) or is_received(value) then return end
  local state = state_of(value)
  if state == REJECTED or state == CANCELLED then return end
  local f = dequeue(s.id)
  redis.call('HDEL', DEAD, s.id)
  close_question(s.id)
  redis.call('HSET', bucket, s.id, with_state(with_reason(value, s.reason), REJECTED))
  note_state(s.id, bucket, REJECTED, { attempt = f and f.attempts, reason = s.reason })
end

function receipts.progress(s)
  prove()
  local f = load_flight(s.id)
  if not f or s.parts <= f.parts then return end
  f.parts = s.parts
  save_flight(s.id, f)
end

function receipts.altered(s)
  local bucket, value = load_visible(s.id)
  if not value or not is_outgoing(value) or has(value, ALTERED) then return end
  redis.call('HSET', bucket, s.id, string.sub(value, 1, 1) .. string.char(string.byte(value, 2) + ALTERED) .. string.sub(value, 3))
  tell(STATUS_EVENT, s.id, state_of(value), 0)
end

function receipts.proven() prove() end

-- What a line concludes without a receipt counts only while it owns the tracker.
local conclusions = {}

function conclusions.unconfirmed(s) leave(s.id, UNCONFIRMED) end

function conclusions.closing(_, epoch)
  if get('ke') == epoch then return end
  set('ke', epoch)
  set('c', get('c') + 1)
  set('k', stamp())
end

-- Frees the text for its next delivery, or for its end when no attempt is left.
function conclusions.lapsed(s, epoch, lapsed)
  local f = load_flight(s.id)
  if not f or f.epoch ~= epoch or (s.attempt and s.attempt ~= f.attempts) then return end
  f.epoch = 0
  save_flight(s.id, f)
  turn(s.id, QUEUED, { attempt = f.attempts, reason = 'no receipt', expires = f.expires })
  lapsed[#lapsed + 1] = s.id
end
