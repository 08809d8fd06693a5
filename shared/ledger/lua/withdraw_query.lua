-- KEYS: waiting queries, their bytes, the image, queries that no encoder has taken. ARGV: query, its
-- entry or ''. Nobody waits for it any more. Replicated nowhere, as put_query_image.
redis.set_repl(redis.REPL_NONE)
redis.call('ZREM', KEYS[1], ARGV[1])
redis.call('HDEL', KEYS[2], ARGV[1])
redis.call('DEL', KEYS[3])
if ARGV[2] ~= '' then
  -- The entry may be another query's by now (take_query).
  local found = redis.call('XRANGE', KEYS[4], ARGV[2], ARGV[2])[1]
  if found and cjson.decode(found[2][2]).id == ARGV[1] then redis.call('XDEL', KEYS[4], ARGV[2]) end
end
if redis.call('XLEN', KEYS[4]) == 0 then redis.call('DEL', KEYS[4]) end
