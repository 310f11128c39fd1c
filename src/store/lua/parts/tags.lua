-- What last parts of texts are called on the wire, the newest last: message id I4, whether it is the whole text B, name.
local tags = nil

-- The message of the present owner that this name last stood for, with its packed value and whether a read of that part
-- means all of it; nil: not known (any more).
local function message_of(tag)
  tags = tags or redis.call('LRANGE', TAGS, 0, -1)
  for place = #tags, 1, -1 do
    if string.sub(tags[place], 6) == tag then
      local id, whole = struct.unpack('>I4B', tags[place])
      local _, value = load_visible(id)
      if value and is_outgoing(value) then return id, value, whole == 1 end
      return nil
    end
  end
  return nil
end

-- Names are used again after a while: the newest counts.
local function keep_tags(named, most)
  local entries = {}
  for place, one in ipairs(named) do entries[place] = struct.pack('>I4B', one.id, one.whole and 1 or 0) .. one.tag end
  if #entries == 0 then return end
  redis.call('RPUSH', TAGS, unpack(entries))
  redis.call('LTRIM', TAGS, -most, -1)
end
