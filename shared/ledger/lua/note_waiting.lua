-- ARGV: why the job's chunks wait, as JSON. Until a chunk is reported or the job ends.
if terminal() or get('waiting') == ARGV[1] then return 0 end
redis.call('HSET', job, 'waiting', ARGV[1])
event('progress', '')
return 1
