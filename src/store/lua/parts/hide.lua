-- Hides every message so far and empties all that is about them; gives the dead letters among them.
local function hide_all()
  if get('i') > 0 then set('fl', get('i')) end
  set('m', '')
  set('lm', '')
  set('b', 0)
  set('oq', '')
  local dead = redis.call('HKEYS', DEAD)
  redis.call('UNLINK', UNREAD, NORMAL, URGENT, FLIGHTS, DEAD, WAITING, REPEATS, TAGS)
  return dead
end
