-- KEYS: the worker, the prefix of all of Lookalike's keys. ARGV: its id, its description as JSON,
-- milliseconds to live, its weights; the newest of its tokens, the tokens that it holds, its leases
-- as JSON. Returns how many of these leases Redis had lost, and has now again.
local worker, prefix = KEYS[1], KEYS[2]
local time = redis.call('TIME')
redis.call('HSET', worker, 'info', ARGV[2], 'seen_at', time[1] + time[2] / 1e6,
  'last', ARGV[5], 'tokens', ARGV[6])
redis.call('PEXPIRE', worker, ARGV[3])
redis.call('SADD', prefix .. 'workers', ARGV[1])
if ARGV[4] ~= '' then redis.call('SET', prefix .. 'encoder', ARGV[2]) end
local function free(lease)
  return not lease or redis.call('EXISTS', prefix .. 'worker:' .. string.match(lease, '^%S+')) == 0
end
local restored = 0
for _, lease in ipairs(cjson.decode(ARGV[7])) do
  local job = prefix .. 'job:' .. lease.job
  local pending = redis.call('HEXISTS', job .. ':chunks', lease.chunk) == 1
  local active = redis.call('SISMEMBER', prefix .. 'jobs:active', lease.job) == 1
  if pending and active and free(redis.call('HGET', job .. ':leases', lease.chunk)) then
    local counts = redis.call('HMGET', job .. ':attempts', lease.chunk, lease.chunk .. ' leases')
    if tonumber(counts[2] or '0') <= lease.number then
      redis.call('HSET', job .. ':leases', lease.chunk, ARGV[1] .. ' ' .. lease.token)
      redis.call('HSET', job .. ':attempts', lease.chunk .. ' leases', lease.number,
        lease.chunk, math.max(tonumber(counts[1] or '0'), lease.attempt))
      restored = restored + 1
    end
  end
end
return restored
