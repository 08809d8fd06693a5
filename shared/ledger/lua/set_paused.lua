-- ARGV: '1' to pause, '0' to resume. Returns 1, or 0 when there was nothing to do.
if terminal() or get('paused') == ARGV[1] then return 0 end
redis.call('HSET', job, 'paused', ARGV[1])
redis.call('DEL', job .. ':rate')
-- A scan that nobody runs is sent again at once.
if ARGV[1] == '0' and not get('scan_owner') then redis.call('HSET', job, 'scan_sent_at', 0) end
event('progress', '')
return 1
