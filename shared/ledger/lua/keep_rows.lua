-- ARGV: the limit, then content, id, row of each. Keeps rows that are about to be replaced, by
-- id, and the ids by content. The first row of an id stays: a chunk that is repeated has no better.
-- Keeps none once the job has ended: nobody asks for them, and nothing would delete them.
if terminal() then return 1 end
local kept = job .. ':displaced'
for at = 2, #ARGV, 3 do
  if redis.call('HLEN', kept) >= 2 * tonumber(ARGV[1]) then return 0 end
  if redis.call('HSETNX', kept, ARGV[at + 1], ARGV[at + 2]) == 1 then
    local ids = redis.call('HGET', kept, ARGV[at])
    redis.call('HSET', kept, ARGV[at], ids and ids .. ' ' .. ARGV[at + 1] or ARGV[at + 1])
  end
end
return 1
