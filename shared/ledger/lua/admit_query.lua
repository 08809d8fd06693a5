-- KEYS: waiting queries by the time at which they are given up, their bytes. ARGV: query, its
-- bytes, seconds to live, the most queries, the most bytes. Returns 1, or 0 where there is no room.
-- Replicated nowhere, as put_query_image.
redis.set_repl(redis.REPL_NONE)
local t = redis.call('TIME')
local now = tonumber(t[1]) + tonumber(t[2]) / 1e6
for _, query in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now)) do
  redis.call('ZREM', KEYS[1], query)
  redis.call('HDEL', KEYS[2], query)
end
local bytes = tonumber(ARGV[2])
for _, size in ipairs(redis.call('HVALS', KEYS[2])) do bytes = bytes + size end
if redis.call('ZCARD', KEYS[1]) >= tonumber(ARGV[4]) or bytes > tonumber(ARGV[5]) then return 0 end
redis.call('ZADD', KEYS[1], now + ARGV[3], ARGV[1])
redis.call('HSET', KEYS[2], ARGV[1], ARGV[2])
for _, key in ipairs(KEYS) do
  redis.call('EXPIRE', key, math.max(redis.call('TTL', key), math.ceil(ARGV[3])))
end
return 1
