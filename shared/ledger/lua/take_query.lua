-- KEYS: queries that no encoder has taken. ARGV: an entry. Returns 1, or 0 if another took it.
-- Replicated nowhere, as put_query_image.
redis.set_repl(redis.REPL_NONE)
local taken = redis.call('XDEL', KEYS[1], ARGV[1])
if redis.call('XLEN', KEYS[1]) == 0 then redis.call('DEL', KEYS[1]) end
return taken
