-- KEYS: the groups of a grade by size, the groups. ARGV: the size and the id of the group after which
-- the page begins ('' for both: the first page), how many. Returns {id, record, id, record, …}.
-- That group may be gone or have shrunk meanwhile, so its place is found by bisection.
local first = 0
if ARGV[1] ~= '' then
  local score, id = -tonumber(ARGV[1]), ARGV[2]
  local low, high = 0, redis.call('ZCARD', KEYS[1])
  while low < high do
    local middle = math.floor((low + high) / 2)
    local found = redis.call('ZRANGE', KEYS[1], middle, middle, 'WITHSCORES')
    local before = tonumber(found[2])
    if before < score or (before == score and found[1] <= id) then
      low = middle + 1
    else
      high = middle
    end
  end
  first = low
end
local result = {}
for _, id in ipairs(redis.call('ZRANGE', KEYS[1], first, first + tonumber(ARGV[3]) - 1)) do
  result[#result + 1] = id
  result[#result + 1] = redis.call('HGET', KEYS[2], id)
end
return result
