-- ARGV: stale-after seconds, whether the encode queue is empty. Frees chunks of dead workers and of
-- live ones that hold them no more, as when a report was lost with its Redis; and finds those whose
-- message was lost: the queue is empty, or messages sent after theirs were read.
-- Returns {scan wanted, chunk, chunk, …}: what is to be sent again.
if terminal() then
  redis.call('SREM', prefix .. 'jobs:active', job_id)
  return {0}
end
if get('paused') == '1' then return {0} end
local stale = now() - tonumber(ARGV[1])
local result = {0}
if get('scan_done') ~= '1' then
  local owner = get('scan_owner')
  local sent = tonumber(get('scan_sent_at') or '0')
  local waits = get('walk') and redis.call('HLEN', job .. ':chunks') > 0
  if (owner and owner ~= '' and not alive(owner)) or (not owner and sent < stale and not waits) then
    redis.call('HDEL', job, 'scan_owner')
    redis.call('HSET', job, 'scan_sent_at', tostring(now()))
    result[1] = 1
  end
end
local function given_up(lease)
  local worker, token = string.match(lease, '^(%S+) (%d+)$')
  if not worker then return false end
  local held = redis.call('HMGET', prefix .. 'worker:' .. worker, 'last', 'tokens')
  -- A later claim than that heartbeat knows of is not judged by it.
  if not held[1] or tonumber(token) > tonumber(held[1]) then return false end
  return not string.find(' ' .. held[2] .. ' ', ' ' .. token .. ' ', 1, true)
end
local passed = tonumber(redis.call('HGET', prefix .. 'claimed', get('priority') or '') or '0')
for _, chunk in ipairs(redis.call('HKEYS', job .. ':chunks')) do
  local lease = redis.call('HGET', job .. ':leases', chunk)
  local sent = redis.call('HGET', job .. ':sent', chunk)
  local lost = lease and (not alive(holder(lease)) or given_up(lease))
  local overdue = sent and tonumber(sent) < stale and (ARGV[2] == '1' or tonumber(sent) < passed)
  local waiting = not lease and (not sent or overdue)
  if lost or waiting then
    redis.call('HDEL', job .. ':leases', chunk)
    redis.call('HSET', job .. ':sent', chunk, tostring(now()))
    result[#result + 1] = chunk
  end
end
return result
