-- KEYS: a collection's standing sources; the jobs that loaded them last. ARGV: a source's id, its job.
-- Returns 1; 0 where the source is there no longer.
if redis.call('HEXISTS', KEYS[1], ARGV[1]) == 0 then return 0 end
redis.call('HSET', KEYS[2], ARGV[1], ARGV[2])
return 1
