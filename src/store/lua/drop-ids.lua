#!lua flags=allow-oom
-- Gives back blocks of the index that name nobody any more, from the lowest up, as far as ids were removed by age.
-- KEYS   1 prefix of the index blocks  2 what is known of old ids (forget-ids.lua)
-- ARGV   1 most blocks in this call
-- Output {1 when there may be more, else 0, and when a block still names somebody the first of its ids that do...}
local IDS_PER_BLOCK, MOST_NAMED = 1024, 64
local known = redis.call('HMGET', KEYS[2], 'u', 'n')
local upto, block = tonumber(known[1] or 0), tonumber(known[2] or 0)
local first = block
local reply = { 1 }

local function ids_named(value)
  for offset = 1, #value - 3, 4 do
    if string.sub(value, offset, offset + 3) ~= '\0\0\0\0' then
      reply[#reply + 1] = block * IDS_PER_BLOCK + (offset - 1) / 4
      if #reply > MOST_NAMED then return end
    end
  end
end

while #reply == 1 and block < first + tonumber(ARGV[1]) do
  if (block + 1) * IDS_PER_BLOCK > upto then
    reply[1] = 0
    break
  end
  local key = KEYS[1] .. block
  local value = redis.call('GET', key) or ''
  if value == string.rep('\0', #value) then
    redis.call('UNLINK', key)
    block = block + 1
  else
    ids_named(value)
  end
end
if block > first then redis.call('HSET', KEYS[2], 'n', block) end
return reply
