#!lua
-- Puts a dead letter back at the end of its outbox.
-- KEYS   the tracker's head
-- ARGV   1 id  2 its mark in the pending index
-- Output 0 take a fresh mark; 1 done; 2 it is no dead letter
--@include head
--@include events
--@include messages
--@include timeline
--@include outbox
local id, mark = ARGV[1], tonumber(ARGV[2])
if get('rn') == mark then return finish(1) end
local record = redis.call('HGET', DEAD, id)
if not record then return finish(2) end
if mark <= get('pf') then return finish(0) end

local bucket, value = load_message(id)
local _, ttl, parts, urgent = struct.unpack('>I6I6I2B', record)
redis.call('HDEL', DEAD, id)
redis.call('HSET', bucket, id, with_state(value, QUEUED))
note_state(id, bucket, QUEUED, { reason = 'put back', expires = NOW + ttl })
local bytes = outbox_bytes(value)
enqueue(id, { urgent = urgent, epoch = 0, attempts = 0, tag = 0, parts = parts, expires = NOW + ttl, ttl = ttl, bytes = bytes })
set('rn', mark)
if mark > get('pm') then set('pm', mark) end
return finish(1)
