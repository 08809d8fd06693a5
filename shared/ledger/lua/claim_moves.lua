-- ARGV: of each content its targets and its sources, ids of 16 bytes, one after the other. Gives
-- each target one source that no other target of the job has; the same one when it is asked again;
-- none once the job has ended, as nothing would delete it any more. Returns for all targets, in
-- order, a source of 16 bytes or ''.
local function take(source, target)
  local field, taken = move_field('s', source)
  if place_of(taken, string.sub(source, 3), 14) then return false end
  redis.call('HSET', moves, field, taken .. string.sub(source, 3))
  local into, others = move_field('t', target)
  redis.call('HSET', moves, into, others .. string.sub(target, 3) .. source)
  return true
end
local ended = terminal()
local given = {}
for content = 1, #ARGV, 2 do
  local targets, sources, at = ARGV[content], ARGV[content + 1], 1
  for start = 1, #targets, 16 do
    local target = string.sub(targets, start, start + 15)
    local source = row_taken_by(target)
    while not ended and not source and at <= #sources do
      local free = string.sub(sources, at, at + 15)
      if take(free, target) then source = free end
      at = at + 16
    end
    given[#given + 1] = source or ''
  end
end
return given
