-- ARGV: generation, the key of the collection's duplicates, what they are of as JSON, how many images
-- were looked at, how many dismissals were known, how many groups there are, the key of the
-- dismissals. Replaces the groups of the collection by those of the job, and ends it. Returns 0, -1
-- superseded, -2 ended, -3 where Redis lost some of them, -5 where more was dismissed.
if terminal() then return -2 end
if get('generation') ~= ARGV[1] then return -1 end
local target = ARGV[2]
if redis.call('HLEN', ARGV[7]) ~= tonumber(ARGV[5]) then return -5 end
if redis.call('HLEN', job .. ':groups') ~= tonumber(ARGV[6]) then return -3 end
for _, part in ipairs({'groups', 'identical', 'copy', 'similar'}) do
  redis.call('UNLINK', target .. ':' .. part)
  if redis.call('EXISTS', job .. ':' .. part) == 1 then
    redis.call('RENAME', job .. ':' .. part, target .. ':' .. part)
  end
end
redis.call('SET', target, ARGV[3])
redis.call('HSET', job, 'scan_unchanged', ARGV[4], 'scan_done', '1', 'scan_owner', '',
  'state', 'running')
event('progress', '')
close_if_complete()
return 0
