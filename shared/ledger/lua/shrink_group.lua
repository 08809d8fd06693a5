-- KEYS: the groups, the collection's duplicates. ARGV: a group's id, the length of a record's head,
-- ids of 16 bytes to take out of it. A record has 32 bytes for each image: its id and its content.
-- Deletes the group where fewer than two images are left. Returns how many are left.
local record = redis.call('HGET', KEYS[1], ARGV[1])
if not record then return 0 end
local out = {}
for at = 1, #ARGV[3], 16 do out[string.sub(ARGV[3], at, at + 15)] = true end
local head, left = tonumber(ARGV[2]), {}
for at = head + 1, #record, 32 do
  if not out[string.sub(record, at, at + 15)] then left[#left + 1] = string.sub(record, at, at + 31) end
end
local grades = {i = 'identical', c = 'copy', s = 'similar'}
local order = KEYS[2] .. ':' .. grades[string.sub(record, 1, 1)]
if #left < 2 then
  redis.call('HDEL', KEYS[1], ARGV[1])
  redis.call('ZREM', order, ARGV[1])
  return 0
end
redis.call('HSET', KEYS[1], ARGV[1], string.sub(record, 1, head) .. table.concat(left))
redis.call('ZADD', order, -#left, ARGV[1])
return #left
