-- ARGV: ids of 16 bytes, one after the other. Returns '1' or '0' for each: whether the job has
-- reported it and remembers it.
local found = {}
for at = 1, #ARGV[1], 16 do
  local others = redis.call('HGET', job .. ':remembered', string.sub(ARGV[1], at, at + 1)) or ''
  local wanted, known = string.sub(ARGV[1], at + 2, at + 15), '0'
  for place = 1, #others, 14 do
    if string.sub(others, place, place + 13) == wanted then known = '1' end
  end
  found[#found + 1] = known
end
return table.concat(found)
