-- ARGV: generation, how many images there are, the last image that was looked at before this call,
-- the last one now, how many were by then, the ties found between them ('' for none), how many these
-- are, how many a job may have.
-- Returns 0, -1 superseded, -2 ended, -3 where Redis lost an earlier call, -4 where they are too many.
if terminal() then return -2 end
if get('generation') ~= ARGV[1] then return -1 end
local before = get('looked_at') or ''
-- The same call again, after a lost reply.
if before == ARGV[4] then return 0 end
if before ~= ARGV[3] then return -3 end
local ties = tonumber(get('tie_count') or '0') + tonumber(ARGV[7])
if ties > tonumber(ARGV[8]) then return -4 end
redis.call('HSET', job, 'expected', ARGV[2], 'looked_at', ARGV[4], 'looked', ARGV[5],
  'scan_unchanged', ARGV[5], 'tie_count', ties)
if ARGV[6] ~= '' then redis.call('RPUSH', job .. ':ties', ARGV[6]) end
event('progress', '')
return 0
