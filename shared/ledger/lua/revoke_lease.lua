-- ARGV: chunk, worker. Ends the lease of a live worker, once, so that another may lease the chunk.
-- Returns 1, or 0 where the worker holds it no more, or it was somebody else's before.
if terminal() or get('paused') == '1' then return 0 end
local lease = redis.call('HGET', job .. ':leases', ARGV[1])
if not lease or holder(lease) ~= ARGV[2] then return 0 end
if redis.call('HGET', job .. ':attempts', ARGV[1]) ~= '1' then return 0 end
redis.call('HDEL', job .. ':leases', ARGV[1])
next_lease(ARGV[1])
redis.call('HSET', job .. ':sent', ARGV[1], tostring(now()))
return 1
