-- What parts of texts are called on the wire, the newest last: message id I4, name.
local tags = nil

-- The message of the present owner that this name last stood for, with its bucket and value; nil: not known (any more).
local function message_of(tag)
  tags = tags or redis.call('LRANGE', TAGS, 0, -1)
  for place = #tags, 1, -1 do
    if string.sub(tags[place], 5) == tag then
      local id = struct.unpack('>I4', tags[place])
      local bucket, value = load_visible(id)
      if value and is_outgoing(value) then return id, bucket, value end
      return nil
    end
  end
  return nil
end

-- Names are used again after a while: the newest counts.
local function keep_tags(named, most)
  local entries = {}
  for place, one in ipairs(named) do entries[place] = struct.pack('>I4', one.id) .. one.tag end
  if #entries == 0 then return end
  redis.call('RPUSH', TAGS, unpack(entries))
  redis.call('LTRIM', TAGS, -most, -1)
end
