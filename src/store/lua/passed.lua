#!lua flags=allow-oom
-- The device moved on: its last text without a serial cannot come again.
-- KEYS   the tracker's head
-- ARGV   1 id of that text; another one is left as it is
-- Output 1
--@include head
--@include last
pass(tonumber(ARGV[1]))
save()
return 1
