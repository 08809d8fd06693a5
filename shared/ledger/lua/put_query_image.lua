-- KEYS: image. ARGV: offset, piece, milliseconds to live.
-- Put at its offset and not appended: a piece that a lost connection sends twice does no harm.
-- Replicated nowhere, so that it is not written to the append-only file:
-- https://valkey.io/topics/lua-api/#server.set_repl
redis.set_repl(redis.REPL_NONE)
redis.call('SETRANGE', KEYS[1], ARGV[1], ARGV[2])
redis.call('PEXPIRE', KEYS[1], ARGV[3])
