-- ARGV: generation. Returns 0, -1 superseded, -2 ended.
if terminal() then return -2 end
if get('generation') ~= ARGV[1] then return -1 end
redis.call('HSET', job, 'scan_done', '1', 'scan_owner', '', 'state', 'running')
event('progress', '')
close_if_complete()
return 0
