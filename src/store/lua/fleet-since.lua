-- Which records changed since a version.
-- KEYS   1 meta  2 log
-- ARGV   1 version
-- Output {version} when it is the current one; {version, 'all'} when everything must be read;
--        else {version, 'some', entries of the log}
local from = tonumber(ARGV[1])
local version = tonumber(redis.call('HGET', KEYS[1], 'v') or '0')
if version == from then return {version} end
if from == 0 or from > version then return {version, 'all'} end

local entries = redis.call('XRANGE', KEYS[2], (from + 1) .. '-0', version .. '-0')
if #entries ~= version - from then return {version, 'all'} end
local names = {}
for _, entry in ipairs(entries) do
  if entry[2][2] == '' then return {version, 'all'} end
  names[#names + 1] = entry[2][2]
end
return {version, 'some', names}
