-- ARGV: index of the first failure wanted, of the last one, failures of a block.
-- Returns {the blocks that hold some of them, those that are in no block yet}.
local first, last, size = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local key = job .. ':failure_blocks'
local blocks = redis.call('LRANGE', key, math.floor(first / size), math.floor(last / size))
local packed = redis.call('LLEN', key) * size
if last < packed then return {blocks, {}} end
local from = math.max(0, first - packed)
return {blocks, redis.call('LRANGE', job .. ':failures', from, last - packed)}
