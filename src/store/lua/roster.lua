#!lua flags=no-writes
-- What a list of trackers shows of one.
-- KEYS   1 head  2 prefix of the buckets  3 unread  4 normal lane  5 urgent lane  6 texts whose time has not come
--        7 buckets by first id
-- ARGV   none
-- Output {owner's node ('': none), when the device was last seen to come or go (0: never), unread, texts in the outbox,
--        last message's id (0: none is visible), its packed value}
local head = redis.call('HMGET', KEYS[1], 'n', 'pt', 'i', 'fl', 'q', 'lm')
local last, hidden, stored = tonumber(head[3] or 0), tonumber(head[4] or 0), tonumber(head[5] or 0)
local bucket = math.ceil(stored / 128) - 1
if head[6] and head[6] ~= '' then
  last = tonumber(head[6])
  bucket = redis.call('ZREVRANGEBYSCORE', KEYS[7], last, '-inf', 'LIMIT', 0, 1)[1]
end
local value = ''
if last > hidden then value = redis.call('HGET', KEYS[2] .. bucket, last) or '' end
local pending = redis.call('LLEN', KEYS[4]) + redis.call('LLEN', KEYS[5]) + redis.call('ZCARD', KEYS[6])
return { head[1] or '', tonumber(head[2] or 0), redis.call('SCARD', KEYS[3]), pending, value == '' and 0 or last, value }
