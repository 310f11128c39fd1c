#!lua flags=allow-oom
-- Ends texts that no live line has and whose time to live has passed.
-- KEYS   the tracker's head
-- ARGV   nodes that live
-- Output {how many, texts that are left in the outbox}
--@include head
--@include events
--@include messages
--@include timeline
--@include outbox
local lives = {}
for _, node in ipairs(ARGV) do lives[node] = true end
join_due()
local expired = 0
for _, lane in ipairs({ URGENT, NORMAL }) do
  for _, id in ipairs(redis.call('LRANGE', lane, 0, -1)) do
    local f = load_flight(id)
    local with_line = head['n'] and lives[head['n']] and f.epoch ~= 0 and f.epoch == get('e')
    if f.expires <= NOW and not with_line then
      leave(id, EXPIRED)
      expired = expired + 1
    end
  end
end
return finish({ expired, texts_inside() })
