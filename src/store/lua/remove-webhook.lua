#!lua flags=allow-oom
-- Forgets a webhook with all that was to be posted.
-- KEYS   1 the account's webhooks  2 their ids  3 its state  4 what is to be posted once more (list)
--        5 what was given up, by time (ZSET)  6 what was given up (hash: event -> details)
-- ARGV   1 id
-- Output 1 it is gone; 0 it was not there
redis.call('UNLINK', KEYS[3], KEYS[4], KEYS[5], KEYS[6])
redis.call('ZREM', KEYS[2], ARGV[1])
return redis.call('HDEL', KEYS[1], ARGV[1])
