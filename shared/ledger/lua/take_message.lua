-- KEYS: the prefix of all keys. ARGV: seconds for which no other process takes from the webhook.
-- Returns a webhook and the oldest message that waits for it; nothing where none is due.
local prefix = KEYS[1]
local due = prefix .. 'webhooks:due'
local t = redis.call('TIME')
local now = tonumber(t[1]) + tonumber(t[2]) / 1e6
for _, id in ipairs(redis.call('ZRANGEBYSCORE', due, '-inf', tostring(now), 'LIMIT', 0, 100)) do
  local record = redis.call('HGET', prefix .. 'webhooks', id)
  local entry = redis.call('LINDEX', prefix .. 'webhook:' .. id .. ':messages', 0)
  if record and entry then
    redis.call('ZADD', due, tostring(now + tonumber(ARGV[1])), id)
    return {record, entry}
  end
  redis.call('ZREM', due, id)
end
return false
