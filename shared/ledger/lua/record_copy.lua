-- ARGV: generation, how many images there are, how many are copied by now, how many steps came
-- before, the step that is done now ('' if none is). Returns 0, -1 superseded, -2 ended, -3 where
-- Redis lost an earlier call.
if terminal() then return -2 end
if get('generation') ~= ARGV[1] then return -1 end
local steps, before = redis.call('LLEN', job .. ':copied'), tonumber(ARGV[4])
-- The same call again, after a lost reply.
local again = ARGV[5] ~= '' and steps == before + 1
if steps ~= before and not again then return -3 end
redis.call('HSET', job, 'expected', ARGV[2], 'scan_unchanged', ARGV[3])
if ARGV[5] ~= '' and not again then redis.call('RPUSH', job .. ':copied', ARGV[5]) end
event('progress', '')
return 0
