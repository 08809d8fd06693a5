-- ARGV: '1' to pause, '0' to resume. Returns 1, or 0 when there was nothing to do.
if terminal() or get('paused') == ARGV[1] then return 0 end
redis.call('HSET', job, 'paused', ARGV[1])
redis.call('DEL', job .. ':rate')
event('progress', '')
return 1
