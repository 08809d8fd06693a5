-- KEYS: waiting queries, their bytes, the image. ARGV: query. Nobody waits for it any more.
-- Replicated nowhere, as put_query_image.
redis.set_repl(redis.REPL_NONE)
redis.call('ZREM', KEYS[1], ARGV[1])
redis.call('HDEL', KEYS[2], ARGV[1])
redis.call('DEL', KEYS[3])
