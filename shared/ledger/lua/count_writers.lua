-- ARGV: collection, time, seconds for which a lock holds at the most. Returns how many locks hold
-- that were taken up to that time.
local count = 0
local writers = prefix .. 'collection:' .. ARGV[1] .. ':writers'
for _, lock in ipairs(redis.call('ZRANGEBYSCORE', writers, now() - ARGV[3], ARGV[2])) do
  if holder(lock) == '-' or alive(holder(lock)) then count = count + 1 end
end
return count
