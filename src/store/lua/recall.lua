#!lua flags=no-writes
-- The messages that names on the wire last stood for.
-- KEYS   the tracker's head
-- ARGV   names
-- Output per name {id, packed value} or nil
--@include head
--@include messages
--@include tags
local found = {}
for place, tag in ipairs(ARGV) do
  local id, value = message_of(tag)
  found[place] = id and { id, value } or false
end
return found
