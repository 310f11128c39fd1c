#!lua flags=no-writes
-- Dead letters of one tracker.
-- KEYS   the tracker's keys
-- ARGV   ids
-- Output per id its packed dead letter or nil
local records = {}
for place, id in ipairs(ARGV) do records[place] = redis.call('HGET', KEYS[10], id) end
return records
