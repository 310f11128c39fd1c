-- What changed since a version.
-- KEYS   1 meta  2 log  3-7 records by kind
-- ARGV   1 version  2.. names of the kinds
-- Output {version} when it is the current one; {version, 'all'} when everything must be read;
--        else {version, 'some', for each kind a list of id and JSON ('': removed)}
local from = tonumber(ARGV[1])
local version = tonumber(redis.call('HGET', KEYS[1], 'v') or '0')
if version == from then return {version} end
if from == 0 or from > version then return {version, 'all'} end

local entries = redis.call('XRANGE', KEYS[2], (from + 1) .. '-0', version .. '-0')
if #entries ~= version - from then return {version, 'all'} end
local seen, ids = {}, {}
for kind = 2, #ARGV do ids[ARGV[kind]] = {} end
for _, entry in ipairs(entries) do
  local names = entry[2][2]
  if names == '' then return {version, 'all'} end
  for kind, id in string.gmatch(names, '(%a+):(%d+)') do
    if not seen[kind .. id] then
      seen[kind .. id] = true
      table.insert(ids[kind], id)
    end
  end
end

local result = {version, 'some'}
for kind = 2, #ARGV do
  local flat = {}
  for _, id in ipairs(ids[ARGV[kind]]) do
    flat[#flat + 1] = id
    flat[#flat + 1] = redis.call('HGET', KEYS[kind + 1], id) or ''
  end
  result[#result + 1] = flat
end
return result
