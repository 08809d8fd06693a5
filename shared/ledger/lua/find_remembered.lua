-- ARGV: ids of 16 bytes, one after the other. Returns '1' or '0' for each: whether the job has
-- reported it and remembers it.
local found = {}
for at = 1, #ARGV[1], 16 do
  local others = redis.call('HGET', job .. ':remembered', string.sub(ARGV[1], at, at + 1)) or ''
  found[#found + 1] = place_of(others, string.sub(ARGV[1], at + 2, at + 15), 14) and '1' or '0'
end
return table.concat(found)
