-- What every transaction on a job begins with.
-- KEYS: the job's hash; the prefix of all of Lookalike's keys. The job's other keys are its name
-- and a suffix.
local job, prefix = KEYS[1], KEYS[2]
local job_id = string.sub(job, #prefix + #'job:' + 1)
local function now()
  local t = redis.call('TIME')
  return tonumber(t[1]) + tonumber(t[2]) / 1e6
end
local function get(field) return redis.call('HGET', job, field) end
local function terminal()
  local state = get('state')
  return state == false or state == 'done' or state == 'failed' or state == 'cancelled'
end
-- That this job is another one now, for those who follow all jobs; it is read when they come by.
local function announce(kind)
  redis.call('XADD', prefix .. 'jobs:changes', 'MAXLEN', '~', '10000', '*', 'job', job_id, 'kind', kind)
end
-- Followers read the newest only. A failure is no event: its index in the list tells who has it.
local function event(kind, data)
  announce(kind)
  redis.call('XADD', job .. ':events', 'MAXLEN', '~', '100', '*', 'kind', kind, 'data', data)
end
-- How many files were worked on until now; the speed is told from these.
local function sample_rate()
  local worked = 0
  for _, name in ipairs({'indexed', 'duplicates', 'failed'}) do
    worked = worked + tonumber(get(name) or '0')
  end
  redis.call('RPUSH', job .. ':rate', tostring(now()) .. ' ' .. worked)
end
-- What is left of a job that ended expires, also what a late report has just made anew.
local function expire()
  local keep = tonumber(get('retention'))
  for _, part in ipairs({'', ':failures', ':failure_blocks', ':chunks', ':leases', ':rate', ':reported'}) do
    redis.call('EXPIRE', job .. part, keep)
  end
  redis.call('EXPIRE', job .. ':events', math.min(keep, 86400))
end
-- One message for each webhook, up to 10,000 that wait; whoever delivers it finds it, whatever is killed from here on.
local function tell_webhooks()
  for _, id in ipairs(redis.call('HKEYS', prefix .. 'webhooks')) do
    local webhook = prefix .. 'webhook:' .. id
    if redis.call('LLEN', webhook .. ':messages') < 10000 then
      redis.call('RPUSH', webhook .. ':messages', job_id .. ' ' .. tostring(now()))
      redis.call('ZADD', prefix .. 'webhooks:due', 'NX', tostring(now()), id)
    else
      redis.call('HINCRBY', webhook, 'dropped', 1)
    end
  end
end
local function finish(state)
  redis.call('HSET', job, 'state', state, 'paused', '0', 'finished_at', tostring(now()))
  redis.call('HDEL', job, 'waiting')
  redis.call('HINCRBY', prefix .. 'stats', 'jobs:' .. state, 1)
  redis.call('SREM', prefix .. 'jobs:active', job_id)
  for _, part in ipairs({'sent', 'attempts', 'files', 'remembered', 'moves', 'displaced',
    'ties', 'copied', 'groups', 'identical', 'copy', 'similar'}) do
    redis.call('UNLINK', job .. ':' .. part)
  end
  -- Leased chunks may still be reported; the others are dropped.
  for _, chunk in ipairs(redis.call('HKEYS', job .. ':chunks')) do
    if redis.call('HEXISTS', job .. ':leases', chunk) == 0 then
      redis.call('HDEL', job .. ':chunks', chunk)
    end
  end
  event('end', state)
  expire()
  tell_webhooks()
end
local function close_if_complete()
  if get('scan_done') == '1' and redis.call('HLEN', job .. ':chunks') == 0 and not terminal() then
    finish('done')
  end
end
-- A lease is `worker token`: the worker that holds the chunk, and its one call that took it.
local function holder(lease) return string.match(lease, '^%S+') end
-- Leases of a chunk are numbered; giving one back or revoking it counts too. A worker's lease is
-- restored (heartbeat.lua) only where nothing happened since it was given.
local function next_lease(chunk) return redis.call('HINCRBY', job .. ':attempts', chunk .. ' leases', 1) end
local function alive(worker) return redis.call('EXISTS', prefix .. 'worker:' .. worker) == 1 end
-- Where the record of `width` bytes that begins with `start` is in a bucket of such; nil for none.
local function place_of(bucket, start, width)
  local at = string.find(bucket, start, 1, true)
  while at and (at - 1) % width ~= 0 do at = string.find(bucket, start, at + 1, true) end
  return at
end
-- Which file took over which row, both as ids of 16 bytes. A field of `:moves` is `t` or `s` and
-- the first two bytes of ids: of files, with the other 14 bytes and the row of each; of rows that
-- were taken over, with the other 14.
local moves = job .. ':moves'
local function move_field(kind, id)
  local field = kind .. string.sub(id, 1, 2)
  return field, redis.call('HGET', moves, field) or ''
end
local function row_taken_by(file)
  local _, bucket = move_field('t', file)
  local at = place_of(bucket, string.sub(file, 3), 30)
  return at and string.sub(bucket, at + 14, at + 29)
end
-- `:remembered` is named by an id's first two bytes and holds the other 14 of all that begin so.
local function remember(id)
  local bucket = string.sub(id, 1, 2)
  local others = redis.call('HGET', job .. ':remembered', bucket) or ''
  redis.call('HSET', job .. ':remembered', bucket, others .. string.sub(id, 3))
end
