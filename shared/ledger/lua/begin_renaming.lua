-- KEYS: the renamings under way, the drops under way, the aliases. ARGV: old name, new name, the
-- renaming. Returns 1; 0 where one of the names is being renamed or dropped, -1 where the new one is
-- an alias of another collection.
for _, name in ipairs({ARGV[1], ARGV[2]}) do
  if redis.call('HEXISTS', KEYS[1], name) == 1 or redis.call('HEXISTS', KEYS[2], name) == 1 then
    return 0
  end
end
local target = redis.call('HGET', KEYS[3], ARGV[2])
if target and target ~= ARGV[1] then return -1 end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[3], ARGV[2], ARGV[3])
return 1
