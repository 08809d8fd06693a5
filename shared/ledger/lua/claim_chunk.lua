-- ARGV: chunk, worker, token. Returns {1, spec, payload, attempt, the lease's number}, or {0} when
-- it is not to be had.
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
  local counts = redis.call('HMGET', job .. ':attempts', ARGV[1], ARGV[1] .. ' leases')
  return {1, get('spec'), payload, tonumber(counts[1]), tonumber(counts[2])}
end
if lease and alive(holder(lease)) then return {0} end
redis.call('HSET', job .. ':leases', ARGV[1], wanted)
-- Messages of one priority come in the order in which they were sent: what was sent before this
-- one and is not claimed soon has lost its message (`recover_job`).
local sent = tonumber(redis.call('HGET', job .. ':sent', ARGV[1]) or '0')
local priority = get('priority') or ''
if sent > tonumber(redis.call('HGET', prefix .. 'claimed', priority) or '0') then
  redis.call('HSET', prefix .. 'claimed', priority, tostring(sent))
end
local attempt = redis.call('HINCRBY', job .. ':attempts', ARGV[1], 1)
return {1, get('spec'), payload, attempt, next_lease(ARGV[1])}
