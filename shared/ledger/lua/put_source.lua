-- KEYS: a collection's standing sources; the schedule of all; the names of those that are watched;
-- drops that have begun.
-- ARGV: id, the source, its name among all, its next run or '', whether it must be there already
-- ('1'), sources at most, whether it is watched ('1'), what it replaces or '', its collection, its
-- generation.
-- Returns 1; 0 where it is not there, -1 where there are too many, -2 where another one is there by
-- now than it replaces, and -3 where the collection is being dropped.
local drop = redis.call('HGET', KEYS[4], ARGV[9])
if drop and cjson.decode(drop)[1] == ARGV[10] then return -3 end
local known = redis.call('HGET', KEYS[1], ARGV[1])
if ARGV[5] == '1' and not known then return 0 end
if ARGV[8] ~= '' and known ~= ARGV[8] then return -2 end
if not known and redis.call('HLEN', KEYS[1]) >= tonumber(ARGV[6]) then return -1 end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
if ARGV[4] == '' then
  redis.call('ZREM', KEYS[2], ARGV[3])
else
  redis.call('ZADD', KEYS[2], ARGV[4], ARGV[3])
end
redis.call(ARGV[7] == '1' and 'SADD' or 'SREM', KEYS[3], ARGV[3])
return 1
