-- ARGV: how many files the job has already, then files. Adds nothing the second time.
-- A job that is never created after them leaves nothing: the list expires.
local files = job .. ':files'
if redis.call('LLEN', files) == tonumber(ARGV[1]) then
  for at = 2, #ARGV do redis.call('RPUSH', files, ARGV[at]) end
  redis.call('EXPIRE', files, 86400)
end
return 0
