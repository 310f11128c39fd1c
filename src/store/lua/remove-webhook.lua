#!lua flags=allow-oom
-- Forgets a webhook with all that was to be posted.
-- KEYS   1 the account's webhooks  2 its state  3 what is to be posted once more (list)  4 what was given up, by time (ZSET)
--        5 what was given up (hash: event -> details)
-- ARGV   1 id
-- Output 1 it is gone; 0 it was not there
redis.call('UNLINK', KEYS[2], KEYS[3], KEYS[4], KEYS[5])
return redis.call('HDEL', KEYS[1], ARGV[1])
