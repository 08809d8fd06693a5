-- ARGV: generation, what to keep of a finished walk ('' if it is not finished). The scan is sent
-- again at once when it can go on. Returns 0, -1 superseded, -2 ended.
if terminal() then return -2 end
if get('generation') ~= ARGV[1] then return -1 end
redis.call('HDEL', job, 'scan_owner')
redis.call('HSET', job, 'scan_sent_at', 0)
if ARGV[2] ~= '' then redis.call('HSET', job, 'walk', ARGV[2]) end
return 0
