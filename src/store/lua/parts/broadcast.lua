-- A broadcast is a hash: t when it was written down, d details (JSON), r its recipients (4 bytes each), c when it was withdrawn,
-- a how far its account's pace was taken then (ms), and per round, named by its number, one record for each recipient:
-- begun I6 (0: it has not), result B (0 unknown, 1 stored, 2 unsendable, 3 full, 4 textless, 5 unstored), message I4.
local RECORD, BYTES = '>I6BI4', 11
local UNKNOWN, STORED, UNSENDABLE, UNSTORED = 0, 1, 2, 5
local NOTHING = string.rep('\0', BYTES)

local time = redis.call('TIME')
local NOW = time[1] * 1000 + math.floor(time[2] / 1000)

-- Takes turns in an account's pace: `count` texts in `per` ms. Gives how long those before keep it busy, at most `most` ms.
-- The key: until when it is busy, and when that was written: a clock that went back since makes nobody wait.
local function take_turns(key, texts, count, per, most)
  local till, since = string.match(redis.call('GET', key) or '', '^(%d+) (%d+)$')
  local ahead = 0
  if till and tonumber(since) <= NOW then ahead = math.min(math.max(0, tonumber(till) - NOW), most) end
  if texts > 0 then
    local busy = math.ceil(ahead + texts * per / count)
    redis.call('SET', key, string.format('%d %d', NOW + busy, NOW), 'PX', string.format('%d', busy))
  end
  return ahead
end

-- The records of a round by place, as they are read and changed.
local function open_round(object, round, recipients)
  local packed, changed = redis.call('HGET', object, round) or string.rep(NOTHING, recipients), {}
  local page = {}

  function page.get(place)
    if place >= recipients then return { begun = 0, result = UNKNOWN, message = 0 } end
    local begun, result, message = struct.unpack(RECORD, changed[place] or string.sub(packed, place * BYTES + 1, (place + 1) * BYTES))
    return { begun = begun, result = result, message = message }
  end

  function page.set(place, begun, result, message) changed[place] = struct.pack(RECORD, begun, result, message) end

  function page.save()
    if next(changed) == nil then return end
    local records = {}
    for place = 0, recipients - 1 do
      records[place + 1] = changed[place] or string.sub(packed, place * BYTES + 1, (place + 1) * BYTES)
    end
    redis.call('HSET', object, round, table.concat(records))
  end

  return page
end

local function open_rounds(object, recipients)
  local pages = {}
  return function(round)
    pages[round] = pages[round] or open_round(object, string.format('%d', round), recipients)
    return pages[round]
  end, function()
    for _, page in pairs(pages) do page.save() end
  end
end
