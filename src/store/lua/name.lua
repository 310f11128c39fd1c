#!lua flags=allow-oom
-- Names trackers that a node answers for, or a node that answers for some: also when Redis is full, or nothing could be given back.
-- KEYS   1 the set
-- ARGV   members
-- Output nothing
redis.call('SADD', KEYS[1], unpack(ARGV))
