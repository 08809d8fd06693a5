-- KEYS: queries that no encoder has taken. ARGV: the query, seconds to live. Returns its entry.
-- A stream, because waiting for its entries only reads. Replicated nowhere, as put_query_image.
redis.set_repl(redis.REPL_NONE)
local entry = redis.call('XADD', KEYS[1], '*', 'query', ARGV[1])
redis.call('EXPIRE', KEYS[1], math.max(redis.call('TTL', KEYS[1]), math.ceil(ARGV[2])))
return entry
