#!lua flags=no-writes
-- The messages with these ids, as far as they are this tracker's.
-- KEYS   the tracker's head
-- ARGV   ids
-- Output per id its packed value or nil
--@include head
--@include events
--@include messages
local values = {}
for place, id in ipairs(ARGV) do
  local _, value = load_visible(id)
  values[place] = value
end
return values
