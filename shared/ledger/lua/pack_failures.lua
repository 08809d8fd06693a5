-- ARGV: blocks there are, failures of a block, the block. Puts a block in place of the oldest
-- failures, unless that was done already or the job is gone. Returns 1 or 0.
local blocks = job .. ':failure_blocks'
if not get('spec') or redis.call('LLEN', blocks) ~= tonumber(ARGV[1]) then return 0 end
redis.call('RPUSH', blocks, ARGV[3])
redis.call('LTRIM', job .. ':failures', ARGV[2], -1)
if terminal() then expire() end
return 1
