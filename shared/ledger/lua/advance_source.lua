-- KEYS: the schedule of all standing sources. ARGV: a name in it, the run that was due, the next one.
-- Does nothing where another indexer has done it, or the schedule was changed meanwhile.
local due = redis.call('ZSCORE', KEYS[1], ARGV[1])
if not due or tonumber(due) ~= tonumber(ARGV[2]) then return 0 end
redis.call('ZADD', KEYS[1], ARGV[3], ARGV[1])
return 1
