-- ARGV: state (cancelled or failed), error as JSON or ''. Returns 1, or 0 when it had ended.
if terminal() then return 0 end
if ARGV[2] ~= '' then redis.call('HSET', job, 'error', ARGV[2]) end
finish(ARGV[1])
return 1
