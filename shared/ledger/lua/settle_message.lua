-- KEYS: the prefix of all keys.
-- ARGV: a webhook's id, its oldest message, what became of it (delivered, failed, void), its code,
-- seconds before the second try, the longest wait, seconds after which a message is given up.
-- Returns 1, or 0 where the webhook is gone or another process has settled the message.
local prefix, id, entry, outcome = KEYS[1], ARGV[1], ARGV[2], ARGV[3]
local due, state = prefix .. 'webhooks:due', prefix .. 'webhook:' .. id
local messages = state .. ':messages'
if redis.call('HEXISTS', prefix .. 'webhooks', id) == 0 then return 0 end
if redis.call('LINDEX', messages, 0) ~= entry then return 0 end
local t = redis.call('TIME')
local now = tonumber(t[1]) + tonumber(t[2]) / 1e6
local wait = 0
if outcome == 'failed' then
  local failures = redis.call('HINCRBY', state, 'failures', 1)
  wait = math.min(tonumber(ARGV[5]) * 2 ^ math.min(failures - 1, 30), tonumber(ARGV[6]))
  -- Messages that are too old by now go together, or each would wait for a try of its own.
  while entry and tonumber(string.match(entry, ' (%S+)$')) + tonumber(ARGV[7]) < now do
    redis.call('LPOP', messages)
    redis.call('HINCRBY', state, 'given_up', 1)
    entry = redis.call('LINDEX', messages, 0)
  end
else
  redis.call('LPOP', messages)
  if outcome == 'delivered' then
    redis.call('HINCRBY', state, 'delivered', 1)
    redis.call('HSET', state, 'failures', '0')
  else
    redis.call('HINCRBY', state, 'given_up', 1)
  end
end
if outcome ~= 'void' then
  redis.call('HSET', state, 'last_job', string.match(ARGV[2], '^%S+'), 'last_at', tostring(now),
    'last_ok', outcome == 'delivered' and '1' or '0', 'last_code', ARGV[4])
end
if redis.call('LLEN', messages) == 0 then
  redis.call('ZREM', due, id)
else
  redis.call('ZADD', due, tostring(now + wait), id)
end
return 1
