-- ARGV: chunk, worker, token. Gives a claimed chunk back untouched; it is sent again at once.
local lease = redis.call('HGET', job .. ':leases', ARGV[1])
if lease ~= ARGV[2] .. ' ' .. ARGV[3] then return 0 end
redis.call('HDEL', job .. ':leases', ARGV[1])
redis.call('HDEL', job .. ':sent', ARGV[1])
if terminal() then
  redis.call('HDEL', job .. ':chunks', ARGV[1])
else
  redis.call('HINCRBY', job .. ':attempts', ARGV[1], -1)
  next_lease(ARGV[1])
end
return 1
