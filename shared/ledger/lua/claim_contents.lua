-- ARGV: collection, chunk, contents. Returns 1 for each that the chunk holds, 0 for each that
-- another chunk in work holds; nil when the job has ended or the chunk was reported.
if terminal() or redis.call('HEXISTS', job .. ':chunks', ARGV[2]) == 0 then return false end
local claims = prefix .. 'collection:' .. ARGV[1] .. ':contents'
local mine = job_id .. ' ' .. ARGV[2]
local function in_work(claim)
  local other, chunk = string.match(claim, '^(%S+) (%S+)$')
  local key = prefix .. 'job:' .. other
  if redis.call('HEXISTS', key .. ':chunks', chunk) == 0 then return false end
  if redis.call('SISMEMBER', prefix .. 'jobs:active', other) == 1 then return true end
  -- The job has ended: only a live worker may still write.
  local lease = redis.call('HGET', key .. ':leases', chunk)
  return lease and alive(holder(lease))
end
local held = {}
for at = 3, #ARGV do
  local claim = redis.call('HGET', claims, ARGV[at])
  if not claim or claim == mine or not in_work(claim) then
    redis.call('HSET', claims, ARGV[at], mine)
    held[#held + 1] = 1
  else
    held[#held + 1] = 0
  end
end
-- What a killed worker left there is void, but not deleted.
redis.call('EXPIRE', claims, tonumber(get('retention')))
return held
