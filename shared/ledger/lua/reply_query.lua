-- KEYS: reply, image. ARGV: the reply, seconds to live.
-- A stream, because waiting for its entry only reads; a list is written to again when it is read.
-- Replicated nowhere, as put_query_image.
redis.set_repl(redis.REPL_NONE)
redis.call('XADD', KEYS[1], '*', 'reply', ARGV[1])
redis.call('EXPIRE', KEYS[1], ARGV[2])
redis.call('DEL', KEYS[2])
