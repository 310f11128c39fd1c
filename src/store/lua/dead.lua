#!lua flags=no-writes
-- Dead letters of one tracker.
-- KEYS   the tracker's head
-- ARGV   ids
-- Output per id its packed dead letter or nil
local DEAD = string.sub(KEYS[1], 1, -2) .. 'x'
local records = {}
for place, id in ipairs(ARGV) do records[place] = redis.call('HGET', DEAD, id) end
return records
