-- KEYS: who watches. ARGV: an indexer.
-- Returns 1 where it was that one, and is nobody now; else 0.
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('DEL', KEYS[1])
