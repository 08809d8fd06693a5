-- KEYS: a collection's standing sources; the schedule of all; the names of those that are watched.
-- ARGV: id, the source, its name among all, its next run or '', whether it must be there already
-- ('1'), sources at most, whether it is watched ('1').
-- Returns 1; 0 where it is not there, and -1 where there are too many.
local known = redis.call('HEXISTS', KEYS[1], ARGV[1]) == 1
if ARGV[5] == '1' and not known then return 0 end
if not known and redis.call('HLEN', KEYS[1]) >= tonumber(ARGV[6]) then return -1 end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
if ARGV[4] == '' then
  redis.call('ZREM', KEYS[2], ARGV[3])
else
  redis.call('ZADD', KEYS[2], ARGV[4], ARGV[3])
end
redis.call(ARGV[7] == '1' and 'SADD' or 'SREM', KEYS[3], ARGV[3])
return 1
