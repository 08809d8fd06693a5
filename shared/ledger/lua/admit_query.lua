-- KEYS: waiting queries by the time at which they are given up, their bytes; the image, queries that
-- no encoder has taken. ARGV: query, its bytes, seconds to live, the most queries, the most bytes;
-- the picture, milliseconds to live, the query.
-- Returns 0 where there is no room. Without a picture only admits, and returns 1; else it sends the
-- query as well, as put_query_image and send_query do, and returns its entry: a search whose picture
-- is small is one call. Replicated nowhere, as put_query_image.
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
local function keep(key)
  redis.call('EXPIRE', key, math.max(redis.call('TTL', key), math.ceil(ARGV[3])))
end
keep(KEYS[1])
keep(KEYS[2])
if not ARGV[6] then return 1 end
redis.call('SET', KEYS[3], ARGV[6], 'PX', ARGV[7])
local entry = redis.call('XADD', KEYS[4], '*', 'query', ARGV[8])
keep(KEYS[4])
return entry
