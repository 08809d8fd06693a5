-- KEYS: waiting queries, their bytes, the image, the reply. ARGV: query, the reply, seconds to live.
-- A stream, because waiting for its entry only reads; a list is written to again when it is read.
-- The image goes first: it makes room for the reply where Redis is full, and Redis refuses nothing
-- to a script that has written. Replicated nowhere, as put_query_image.
redis.set_repl(redis.REPL_NONE)
redis.call('DEL', KEYS[3])
redis.call('XADD', KEYS[4], '*', 'reply', ARGV[2])
redis.call('EXPIRE', KEYS[4], ARGV[3])
redis.call('ZREM', KEYS[1], ARGV[1])
redis.call('HDEL', KEYS[2], ARGV[1])
