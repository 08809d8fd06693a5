-- ARGV: chunk, indexed, unchanged, duplicates, bytes, encode seconds, number of failures,
-- the failures as JSON, then the ids to account for. Returns 1, or 0 the second time.
if redis.call('HDEL', job .. ':chunks', ARGV[1]) == 0 then return 0 end
redis.call('HDEL', job .. ':leases', ARGV[1])
redis.call('HDEL', job .. ':sent', ARGV[1])
redis.call('HDEL', job .. ':attempts', ARGV[1])
local failures = tonumber(ARGV[7])
for name, at in pairs({indexed = 2, unchanged = 3, duplicates = 4, bytes = 5, failed = 7}) do
  redis.call('HINCRBY', job, name, ARGV[at])
  if name ~= 'bytes' then
    redis.call('HINCRBY', prefix .. 'stats', 'images:' .. name, ARGV[at])
  end
end
redis.call('HINCRBYFLOAT', prefix .. 'stats', 'encode_seconds', ARGV[6])
redis.call('HINCRBY', prefix .. 'stats', 'encoded_bytes', ARGV[5])
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
