-- Switches the fleet to a change, when nobody changed it since. Repeating it with the same nonce changes nothing.
-- KEYS   1 meta  2 log  3 chores  4.. the keys of the steps, in their order
-- ARGV   1 expected version  2 nonce  3 entry of the log  4 entries kept in the log  5.. steps:
--        put ID JSON      KEY              a record of a bucket
--        remove ID        KEY              the same, gone
--        swap             STAGED BUCKET    a bucket as a whole
--        clear            BUCKET           a bucket that is empty now
--        chore NAME       -
--        chores           STAGED           the fields of a hash name them
-- Output the new version; -1 conflict; -2 something staged has expired
local expected, nonce = tonumber(ARGV[1]), ARGV[2]
local version = tonumber(redis.call('HGET', KEYS[1], 'v') or '0')
if version == expected + 1 and redis.call('HGET', KEYS[1], 'n') == nonce then return version end
if version ~= expected then return -1 end

local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local at, key = 5, 4
local function argument()
  at = at + 1
  return ARGV[at - 1]
end
local function take()
  key = key + 1
  return KEYS[key - 1]
end

local steps = {
  put = function() redis.call('HSET', take(), argument(), argument()) end,
  remove = function() redis.call('HDEL', take(), argument()) end,
  swap = function()
    local staged, bucket = take(), take()
    redis.call('UNLINK', bucket)
    redis.call('RENAME', staged, bucket)
    redis.call('PERSIST', bucket)
  end,
  clear = function() redis.call('UNLINK', take()) end,
  chore = function() redis.call('ZADD', KEYS[3], now, argument()) end,
  chores = function()
    local staged = take()
    for _, name in ipairs(redis.call('HKEYS', staged)) do redis.call('ZADD', KEYS[3], now, name) end
    redis.call('UNLINK', staged)
  end,
}

for position = 4, #KEYS do
  if string.find(KEYS[position], ':staged:', 1, true) and redis.call('EXISTS', KEYS[position]) == 0 then return -2 end
end
while at <= #ARGV do steps[argument()]() end
redis.call('XADD', KEYS[2], 'MAXLEN', '~', ARGV[4], (expected + 1) .. '-0', 'c', ARGV[3])
redis.call('HSET', KEYS[1], 'v', expected + 1, 'n', nonce)
return expected + 1
