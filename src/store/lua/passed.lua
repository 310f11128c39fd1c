#!lua flags=allow-oom
-- The device moved on: this line's last text without a serial cannot come again.
-- KEYS   the tracker's keys
-- ARGV   1 epoch
-- Output 1
--@include head
local last = head['x']
if last then
  local id, epoch, at, passed = struct.unpack('>I4I4I6B', last)
  if epoch == tonumber(ARGV[1]) and passed == 0 then
    set('x', struct.pack('>I4I4I6B', id, epoch, at, 1) .. string.sub(last, 16))
    save()
  end
end
return 1
