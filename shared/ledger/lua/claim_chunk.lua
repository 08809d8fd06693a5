-- ARGV: chunk, worker, token. Returns {1, spec, payload, attempt}, or {0} when it is not to be had.
-- The same token is answered again: the first answer may have been lost with its connection.
local payload = redis.call('HGET', job .. ':chunks', ARGV[1])
if not payload or terminal() then return {0} end
if get('paused') == '1' then
  redis.call('HDEL', job .. ':sent', ARGV[1])
  return {0}
end
local lease = redis.call('HGET', job .. ':leases', ARGV[1])
local wanted = ARGV[2] .. ' ' .. ARGV[3]
if lease == wanted then
  return {1, get('spec'), payload, tonumber(redis.call('HGET', job .. ':attempts', ARGV[1]))}
end
if lease and alive(holder(lease)) then return {0} end
redis.call('HSET', job .. ':leases', ARGV[1], wanted)
return {1, get('spec'), payload, redis.call('HINCRBY', job .. ':attempts', ARGV[1], 1)}
