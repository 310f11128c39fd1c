#!lua flags=allow-oom
-- A node that owns the tracker's line was given up, or turned out to live.
-- KEYS   the tracker's head
-- ARGV   1 node  2 epoch of its line  3 it lives 0/1
-- Output 1 when that is news
--@include head
--@include events
local epoch, lives = tonumber(ARGV[2]), ARGV[3] == '1'
local given_up = get('pg') == epoch
if head['n'] ~= ARGV[1] or get('e') ~= epoch or given_up ~= lives then return finish(0) end
set('pg', lives and 0 or epoch)
tell_presence(lives and 1 or 0)
return finish(1)
