-- ARGV: generation, unchanged, ignored, token. Returns 0, -1 superseded, -2 ended.
if terminal() then return -2 end
if get('generation') ~= ARGV[1] then return -1 end
if get('last_record') == ARGV[4] then return 0 end
redis.call('HSET', job, 'last_record', ARGV[4])
redis.call('HINCRBY', job, 'scan_unchanged', ARGV[2])
redis.call('HINCRBY', job, 'ignored', ARGV[3])
redis.call('HINCRBY', prefix .. 'stats', 'images:unchanged', ARGV[2])
event('progress', '')
return 0
