-- KEYS: queries that no encoder has taken. ARGV: an entry. Returns 1, or 0 if another took it.
-- Replicated nowhere, as put_query_image.
redis.set_repl(redis.REPL_NONE)
return redis.call('XDEL', KEYS[1], ARGV[1])
