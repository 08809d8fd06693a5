-- KEYS: reply, image. ARGV: the reply, seconds to live.
-- A stream, because waiting for its entry only reads; a list is written to again when it is read.
-- The image goes first: it makes room for the reply where Redis is full, and Redis refuses nothing
-- to a script that has written. Replicated nowhere, as put_query_image.
redis.set_repl(redis.REPL_NONE)
redis.call('DEL', KEYS[2])
redis.call('XADD', KEYS[1], '*', 'reply', ARGV[1])
redis.call('EXPIRE', KEYS[1], ARGV[2])
