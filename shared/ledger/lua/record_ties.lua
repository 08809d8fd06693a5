-- ARGV: generation, how many images there are, the last image that was looked at before this call,
-- the last one now, how many were by then, the ties found between them ('' for none).
-- Returns 0, -1 superseded, -2 ended, -3 where Redis lost an earlier call.
if terminal() then return -2 end
if get('generation') ~= ARGV[1] then return -1 end
local before = get('looked_at') or ''
-- The same call again, after a lost reply.
if before == ARGV[4] then return 0 end
if before ~= ARGV[3] then return -3 end
redis.call('HSET', job, 'expected', ARGV[2], 'looked_at', ARGV[4], 'looked', ARGV[5],
  'scan_unchanged', ARGV[5])
if ARGV[6] ~= '' then redis.call('RPUSH', job .. ':ties', ARGV[6]) end
event('progress', '')
return 0
