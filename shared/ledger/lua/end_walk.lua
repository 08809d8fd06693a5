-- ARGV: generation. All files are in chunks; what is missing is not yet removed.
-- Returns 0, -1 superseded, -2 ended.
if terminal() then return -2 end
if get('generation') ~= ARGV[1] then return -1 end
redis.call('HSET', job, 'state', 'running')
event('progress', '')
return 0
