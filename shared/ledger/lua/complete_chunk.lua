-- ARGV: chunk, its outcome as JSON (`outcome_arguments`). Returns 1, or 0 the second time.
if redis.call('HDEL', job .. ':chunks', ARGV[1]) == 0 then return 0 end
local ended = terminal()
redis.call('HDEL', job .. ':leases', ARGV[1])
redis.call('HDEL', job .. ':sent', ARGV[1])
redis.call('HDEL', job .. ':attempts', ARGV[1])
local outcome = cjson.decode(ARGV[2])
for name, count in pairs(outcome.counts) do
  redis.call('HINCRBY', job, name, count)
  redis.call('HINCRBY', prefix .. 'stats', 'images:' .. name, count)
end
redis.call('HINCRBY', job, 'moved', outcome.moved)
redis.call('HINCRBY', job, 'bytes', outcome.bytes)
redis.call('HINCRBY', prefix .. 'stats', 'encoded_bytes', outcome.bytes)
redis.call('HINCRBYFLOAT', prefix .. 'stats', 'encode_seconds', outcome.encode_seconds)
for _, failure in ipairs(outcome.failures) do
  redis.call('RPUSH', job .. ':failures', failure)
end
if not ended then
  for _, id in ipairs(outcome.accounted) do redis.call('SADD', job .. ':accounted', id) end
end
local worked = 0
for _, name in ipairs({'indexed', 'duplicates', 'failed'}) do
  worked = worked + tonumber(get(name) or '0')
end
redis.call('RPUSH', job .. ':rate', tostring(now()) .. ' ' .. worked)
redis.call('LTRIM', job .. ':rate', -64, -1)
event('progress', '')
if ended then expire() else close_if_complete() end
return 1
