-- ARGV: spec, collection, its time, whether it loads a directory ('1'), seconds to keep it, priority.
-- Does nothing the second time: the first answer may have been lost with its connection. Returns -1
-- where the collection is being renamed, or has been.
if redis.call('HEXISTS', job, 'spec') == 1 then return 0 end
for _, names in ipairs({'collections:renaming', 'collections:aliases'}) do
  if redis.call('HEXISTS', prefix .. names, ARGV[2]) == 1 then return -1 end
end
redis.call('HSET', job, 'spec', ARGV[1], 'state', 'queued', 'paused', '0', 'retention', ARGV[5],
  'priority', ARGV[6], 'scan_sent_at', tostring(now()))
redis.call('PERSIST', job .. ':files')
for _, index in ipairs({prefix .. 'jobs', prefix .. 'collection:' .. ARGV[2] .. ':jobs'}) do
  redis.call('ZADD', index, ARGV[3], job_id)
  -- Two at most leave for each that comes, so that no index outgrows the jobs that are kept.
  for _, oldest in ipairs(redis.call('ZRANGE', index, 0, 1)) do
    if redis.call('EXISTS', prefix .. 'job:' .. oldest) == 0 then
      redis.call('ZREM', index, oldest)
    end
  end
end
if ARGV[4] == '1' then
  redis.call('ZADD', prefix .. 'jobs:directory', ARGV[3], job_id)
  -- Enough that one is left when collections are dropped with their jobs.
  redis.call('ZREMRANGEBYRANK', prefix .. 'jobs:directory', 0, -1001)
end
redis.call('SADD', prefix .. 'jobs:active', job_id)
announce('progress')
-- Jobs that have expired are forgotten by the lists, a few with each new job.
local expired = tostring(now() - tonumber(ARGV[5]))
for _, list in ipairs({'jobs', 'jobs:directory', 'collection:' .. ARGV[2] .. ':jobs'}) do
  for _, old in ipairs(redis.call('ZRANGEBYSCORE', prefix .. list, '-inf', expired, 'LIMIT', 0, 10)) do
    if redis.call('EXISTS', prefix .. 'job:' .. old) == 0 then redis.call('ZREM', prefix .. list, old) end
  end
end
return 1
