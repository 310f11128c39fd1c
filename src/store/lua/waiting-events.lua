#!lua flags=no-writes
-- Events that wait to be relayed.
-- KEYS   1 head  2 the events
-- ARGV   none
-- Output {number of the last event there ever was, packed events}
return { tonumber(redis.call('HGET', KEYS[1], 'es') or 0), redis.call('GET', KEYS[2]) or '' }
