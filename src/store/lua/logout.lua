#!lua flags=allow-oom
-- The line of this epoch has ended.
-- KEYS   the tracker's head
-- ARGV   1 epoch
-- Output 1
--@include head
--@include events
if get('e') == tonumber(ARGV[1]) and head['n'] then
  redis.call('HDEL', HEAD, 'n')
  if get('pg') ~= get('e') then tell_presence(0) end
end
return finish(1)
