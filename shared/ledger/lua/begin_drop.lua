-- KEYS: the drops under way, the renamings under way. ARGV: collection, the drop. Returns 0 where the
-- collection is being renamed.
if redis.call('HEXISTS', KEYS[2], ARGV[1]) == 1 then return 0 end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
return 1
