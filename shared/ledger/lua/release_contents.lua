-- ARGV: collection, chunk, contents. Ends the chunk's claims of them.
local claims = prefix .. 'collection:' .. ARGV[1] .. ':contents'
local mine = job_id .. ' ' .. ARGV[2]
for at = 3, #ARGV do
  if redis.call('HGET', claims, ARGV[at]) == mine then redis.call('HDEL', claims, ARGV[at]) end
end
