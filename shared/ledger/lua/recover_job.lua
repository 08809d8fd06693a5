-- ARGV: stale-after seconds, whether the encode queue is empty. Frees chunks of dead workers.
-- Returns {scan wanted, chunk, chunk, …}: what is to be sent again.
if terminal() then
  redis.call('SREM', prefix .. 'jobs:active', job_id)
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
