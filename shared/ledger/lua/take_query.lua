-- KEYS: queries that no encoder has taken. ARGV: an entry. Returns its query, or nil if another took
-- it. Not always the one that was read: an empty stream is deleted, and what is sent in the same
-- millisecond has the same entry again. Replicated nowhere, as put_query_image.
redis.set_repl(redis.REPL_NONE)
local found = redis.call('XRANGE', KEYS[1], ARGV[1], ARGV[1])[1]
redis.call('XDEL', KEYS[1], ARGV[1])
if redis.call('XLEN', KEYS[1]) == 0 then redis.call('DEL', KEYS[1]) end
return found and found[2][2]
