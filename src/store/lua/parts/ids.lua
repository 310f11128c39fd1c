-- Ids that were taken ahead hold as long as no other node has taken any since, which are all higher (take-ids.lua): ids follow the order of calls,
-- whichever nodes they are made to.
local ID_HOLDER = '{ids}:h'

-- `ahead` '1': this id was taken ahead. Where the holder is in another slot it cannot be told, and a fresh id is taken as well.
local function overtaken(ahead, id)
  if ahead ~= '1' then return false end
  local holder = redis.pcall('GET', ID_HOLDER)
  return type(holder) ~= 'string' or (struct.unpack('>I4', holder, 9)) > id
end
