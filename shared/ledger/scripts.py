"""The ledger's transactions, as Lua: each is atomic, and does nothing the second time.

KEYS[1] is always the job's hash; the other keys of the job are its name and a suffix. Lookalike
speaks to one Redis, not to a cluster, so keys made inside a script are allowed.
"""

PRELUDE = """
local job = KEYS[1]
local function now()
  local t = redis.call('TIME')
  return tonumber(t[1]) + tonumber(t[2]) / 1e6
end
local function get(field) return redis.call('HGET', job, field) end
local function terminal()
  local state = get('state')
  return state == false or state == 'done' or state == 'failed' or state == 'cancelled'
end
local function event(kind, data)
  redis.call('XADD', job .. ':events', 'MAXLEN', '~', '10000', '*', 'kind', kind, 'data', data)
end
local function finish(state)
  redis.call('HSET', job, 'state', state, 'paused', '0', 'finished_at', tostring(now()))
  redis.call('SREM', 'lookalike:jobs:active', string.sub(job, 15))
  redis.call('DEL', job .. ':sent', job .. ':attempts', job .. ':files', job .. ':accounted')
  -- Chunks still held by a worker may report; the others are nobody's any more.
  for _, chunk in ipairs(redis.call('HKEYS', job .. ':chunks')) do
    if redis.call('HEXISTS', job .. ':leases', chunk) == 0 then
      redis.call('HDEL', job .. ':chunks', chunk)
    end
  end
  local keep = tonumber(get('retention'))
  for _, part in ipairs({'', ':failures', ':chunks', ':leases', ':rate'}) do
    redis.call('EXPIRE', job .. part, keep)
  end
  event('end', state)
  redis.call('EXPIRE', job .. ':events', math.min(keep, 86400))
end
local function close_if_complete()
  if get('scan_done') == '1' and redis.call('HLEN', job .. ':chunks') == 0 and not terminal() then
    finish('done')
  end
end
-- A lease is `worker token`: the worker that holds the chunk, and its one call that took it.
local function holder(lease) return string.match(lease, '^%S+') end
local function alive(worker) return redis.call('EXISTS', 'lookalike:worker:' .. worker) == 1 end
"""

#: ARGV: chunk, worker, token. Returns {1, spec, payload, attempt}, or {0} when it is not to be had.
#: The same token is answered again: the first answer may have been lost with its connection.
CLAIM_CHUNK = (
    PRELUDE
    + """
local payload = redis.call('HGET', job .. ':chunks', ARGV[1])
if not payload or terminal() then return {0} end
if get('paused') == '1' then
  redis.call('HDEL', job .. ':sent', ARGV[1])
  return {0}
end
local lease = redis.call('HGET', job .. ':leases', ARGV[1])
local wanted = ARGV[2] .. ' ' .. ARGV[3]
if lease == wanted then
  return {1, get('spec'), payload, tonumber(redis.call('HGET', job .. ':attempts', ARGV[1]))}
end
if lease and alive(holder(lease)) then return {0} end
redis.call('HSET', job .. ':leases', ARGV[1], wanted)
return {1, get('spec'), payload, redis.call('HINCRBY', job .. ':attempts', ARGV[1], 1)}
"""
)

#: ARGV: chunk, worker. Gives a claimed chunk back untouched; it is sent again at once.
RELEASE_CHUNK = (
    PRELUDE
    + """
local lease = redis.call('HGET', job .. ':leases', ARGV[1])
if not lease or holder(lease) ~= ARGV[2] then return 0 end
redis.call('HDEL', job .. ':leases', ARGV[1])
redis.call('HDEL', job .. ':sent', ARGV[1])
redis.call('HINCRBY', job .. ':attempts', ARGV[1], -1)
if terminal() then redis.call('HDEL', job .. ':chunks', ARGV[1]) end
return 1
"""
)

#: ARGV: chunk, indexed, unchanged, duplicates, bytes, encode seconds, number of failures,
#: the failures as JSON, then the ids to account for. Returns 1, or 0 the second time.
COMPLETE_CHUNK = (
    PRELUDE
    + """
if redis.call('HDEL', job .. ':chunks', ARGV[1]) == 0 then return 0 end
redis.call('HDEL', job .. ':leases', ARGV[1])
redis.call('HDEL', job .. ':sent', ARGV[1])
redis.call('HDEL', job .. ':attempts', ARGV[1])
local failures = tonumber(ARGV[7])
for name, at in pairs({indexed = 2, unchanged = 3, duplicates = 4, bytes = 5, failed = 7}) do
  redis.call('HINCRBY', job, name, ARGV[at])
  if name ~= 'bytes' then
    redis.call('HINCRBY', 'lookalike:stats', 'images:' .. name, ARGV[at])
  end
end
redis.call('HINCRBYFLOAT', 'lookalike:stats', 'encode_seconds', ARGV[6])
redis.call('HINCRBY', 'lookalike:stats', 'encoded_bytes', ARGV[5])
for i = 8, 7 + failures do
  redis.call('RPUSH', job .. ':failures', ARGV[i])
  event('failure', ARGV[i])
end
for i = 8 + failures, #ARGV do redis.call('SADD', job .. ':accounted', ARGV[i]) end
local worked = 0
for _, name in ipairs({'indexed', 'duplicates', 'failed'}) do
  worked = worked + tonumber(get(name) or '0')
end
redis.call('RPUSH', job .. ':rate', tostring(now()) .. ' ' .. worked)
redis.call('LTRIM', job .. ':rate', -64, -1)
event('progress', '')
close_if_complete()
return 1
"""
)

#: ARGV: state (cancelled or failed), error as JSON or ''. Returns 1, or 0 when it had ended.
END_JOB = (
    PRELUDE
    + """
if terminal() then return 0 end
if ARGV[2] ~= '' then redis.call('HSET', job, 'error', ARGV[2]) end
finish(ARGV[1])
return 1
"""
)

#: ARGV: '1' to pause, '0' to resume. Returns 1, or 0 when there was nothing to do.
SET_PAUSED = (
    PRELUDE
    + """
if terminal() or get('paused') == ARGV[1] then return 0 end
redis.call('HSET', job, 'paused', ARGV[1])
redis.call('DEL', job .. ':rate')
event('progress', '')
return 1
"""
)

#: ARGV: stale-after seconds, whether the encode queue is empty. Frees chunks of dead workers.
#: Returns {scan wanted, chunk, chunk, …}: what is to be sent again.
RECOVER_JOB = (
    PRELUDE
    + """
if terminal() then
  redis.call('SREM', 'lookalike:jobs:active', string.sub(job, 15))
  return {0}
end
local stale = now() - tonumber(ARGV[1])
local result = {0}
if get('scan_done') ~= '1' then
  local owner = get('scan_owner')
  local sent = tonumber(get('scan_sent_at') or '0')
  if (owner and owner ~= '' and not alive(owner)) or (not owner and sent < stale) then
    redis.call('HDEL', job, 'scan_owner')
    redis.call('HSET', job, 'scan_sent_at', tostring(now()))
    result[1] = 1
  end
end
if get('paused') == '1' then return result end
for _, chunk in ipairs(redis.call('HKEYS', job .. ':chunks')) do
  local lease = redis.call('HGET', job .. ':leases', chunk)
  local sent = redis.call('HGET', job .. ':sent', chunk)
  local lost = lease and not alive(holder(lease))
  local waiting = not lease and (not sent or (ARGV[2] == '1' and tonumber(sent) < stale))
  if lost or waiting then
    redis.call('HDEL', job .. ':leases', chunk)
    redis.call('HSET', job .. ':sent', chunk, tostring(now()))
    result[#result + 1] = chunk
  end
end
return result
"""
)

#: ARGV: chunk, worker. Takes a chunk from a living worker, once, so that another may have it too.
#: Returns 1, or 0 where the worker holds it no more, or it was somebody else's before.
REVOKE_LEASE = (
    PRELUDE
    + """
if terminal() or get('paused') == '1' then return 0 end
local lease = redis.call('HGET', job .. ':leases', ARGV[1])
if not lease or holder(lease) ~= ARGV[2] then return 0 end
if redis.call('HGET', job .. ':attempts', ARGV[1]) ~= '1' then return 0 end
redis.call('HDEL', job .. ':leases', ARGV[1])
redis.call('HSET', job .. ':sent', ARGV[1], tostring(now()))
return 1
"""
)
