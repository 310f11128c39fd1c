-- Switches the fleet to a staged change, when nobody changed it since. Repeating it with the same nonce changes nothing.
-- KEYS   1 meta  2 log  3 chores  4-8 records by kind  9.. staged chunks
-- ARGV   1 expected version  2 nonce  3 entry of the log  4 entries kept in the log
--        5.. per chunk the number of its kind, negative when its ids are to be removed, 0 when it names chores
-- Output the new version; -1 conflict; -2 a staged chunk has expired
local expected, nonce = tonumber(ARGV[1]), ARGV[2]
local version = tonumber(redis.call('HGET', KEYS[1], 'v') or '0')
if version == expected + 1 and redis.call('HGET', KEYS[1], 'n') == nonce then return version end
if version ~= expected then return -1 end
for at = 9, #KEYS do
  if redis.call('EXISTS', KEYS[at]) == 0 then return -2 end
end

local next_version = expected + 1
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)

local function add_chores(names)
  local scored = {}
  for _, name in ipairs(names) do
    scored[#scored + 1] = now
    scored[#scored + 1] = name
  end
  redis.call('ZADD', KEYS[3], unpack(scored))
end

for at = 9, #KEYS do
  local kind = tonumber(ARGV[at - 4])
  if kind > 0 then
    redis.call('HSET', KEYS[3 + kind], unpack(redis.call('HGETALL', KEYS[at])))
  elseif kind < 0 then
    redis.call('HDEL', KEYS[3 - kind], unpack(redis.call('HKEYS', KEYS[at])))
  else
    add_chores(redis.call('HKEYS', KEYS[at]))
  end
  redis.call('DEL', KEYS[at])
end
redis.call('XADD', KEYS[2], 'MAXLEN', '~', ARGV[4], next_version .. '-0', 'c', ARGV[3])
redis.call('HSET', KEYS[1], 'v', next_version, 'n', nonce)
return next_version
