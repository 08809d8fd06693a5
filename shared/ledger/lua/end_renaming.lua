-- KEYS: the renamings under way, the aliases, then pairs: a key by the old name, the same by the new
-- one. ARGV: old name, new name, the renaming, whether the old name is kept ('1'). Moves what is kept
-- by the name, and ends the renaming; returns 0 where it has ended before.
if redis.call('HGET', KEYS[1], ARGV[1]) ~= ARGV[3] then return 0 end
for at = 3, #KEYS, 2 do
  local old, new = KEYS[at], KEYS[at + 1]
  local kind = redis.call('TYPE', old).ok
  if kind ~= 'none' and redis.call('EXISTS', new) == 0 then
    redis.call('RENAME', old, new)
  elseif kind == 'hash' then
    -- Something was kept by the new name meanwhile, which is newer.
    local fields = redis.call('HGETALL', old)
    for place = 1, #fields, 2 do redis.call('HSETNX', new, fields[place], fields[place + 1]) end
  elseif kind == 'zset' then
    redis.call('ZUNIONSTORE', new, 2, old, new, 'AGGREGATE', 'MAX')
  end
  redis.call('UNLINK', old)
end
local aliases = redis.call('HGETALL', KEYS[2])
for place = 1, #aliases, 2 do
  if aliases[place + 1] == ARGV[1] then redis.call('HSET', KEYS[2], aliases[place], ARGV[2]) end
end
redis.call('HDEL', KEYS[2], ARGV[2])
if ARGV[4] == '1' then redis.call('HSET', KEYS[2], ARGV[1], ARGV[2]) end
redis.call('HDEL', KEYS[1], ARGV[1], ARGV[2])
return 1
