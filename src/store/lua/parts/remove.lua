-- Removal of messages for good: the tracker's own numbers go on where they were.
local removed, removed_dead, fewer_unread = {}, {}, false

-- The ids in a bucket, in their order, which is that of their times.
local function ids_of(bucket)
  local ids = redis.call('HKEYS', BUCKET .. bucket)
  for place, id in ipairs(ids) do ids[place] = tonumber(id) end
  table.sort(ids)
  return ids
end

local function submitted_at(bucket, id)
  return (struct.unpack('>I6', redis.call('HGET', BUCKET .. bucket, id), 3))
end

local function remove_dead(gone)
  if redis.call('EXISTS', DEAD) == 0 then return end
  for _, id in ipairs(gone) do
    if redis.call('HDEL', DEAD, id) == 1 then removed_dead[#removed_dead + 1] = id end
  end
end

local function remove_repeats(gone)
  local known = redis.call('ZRANGEBYSCORE', REPEATS, gone[1], gone[#gone], 'WITHSCORES')
  if #known == 0 then return end
  local is_gone = {}
  for _, id in ipairs(gone) do is_gone[id] = true end
  for at = 1, #known, 2 do
    if is_gone[tonumber(known[at + 1])] then redis.call('ZREM', REPEATS, known[at]) end
  end
end

-- A bucket never stays without messages: the next message begins one of its own.
local function remove_bucket(bucket)
  redis.call('UNLINK', BUCKET .. bucket, TIMELINE .. bucket)
  redis.call('ZREM', BY_ID, bucket)
  redis.call('ZREM', BY_TIME, bucket)
  set('q', math.max(get('q'), (bucket + 1) * BUCKET_SIZE))
end

-- Takes messages out of their bucket; `rest` stays. Both in the order of ids.
local function remove_messages(bucket, gone, rest)
  if #gone == 0 then return end
  if #rest == 0 then
    remove_bucket(bucket)
  else
    redis.call('HDEL', BUCKET .. bucket, unpack(gone))
    redis.call('HDEL', TIMELINE .. bucket, unpack(gone))
    redis.call('ZADD', BY_TIME, submitted_at(bucket, rest[1]), bucket)
  end
  if redis.call('SREM', UNREAD, unpack(gone)) > 0 then fewer_unread = true end
  remove_dead(gone)
  remove_repeats(gone)
  for _, id in ipairs(gone) do removed[#removed + 1] = id end
end

-- The last message that is left is the tracker's last now; head field lm says so while it is not the last there ever was.
local function find_last()
  local bucket = redis.call('ZRANGE', BY_ID, -1, -1)[1]
  local ids = bucket and ids_of(bucket) or {}
  local last = ids[#ids] or 0
  if last > 0 and (last == get('i') or last == get('lm')) then return end
  local visible = last > get('fl')
  set('lm', visible and last or '')
  set('m', visible and submitted_at(bucket, last) or '')
end

-- Ends the script: what it gives is {reply..., ids removed, those of them that were dead letters}, told as `finish` does.
local function finish_removal(reply)
  if #removed > 0 then find_last() end
  if fewer_unread then tell_unread() end
  reply[#reply + 1] = removed
  reply[#reply + 1] = removed_dead
  return finish(reply)
end
