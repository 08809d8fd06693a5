-- ARGV: JSON list of {targets, sources}. Gives each target one source that no other target of the
-- job has; the same one when it is asked again; none once the job has ended, as nothing would
-- delete it any more. Returns for all targets, in order, a source or ''.
local moves = job .. ':moves'
local ended = terminal()
local given = {}
for _, wanted in ipairs(cjson.decode(ARGV[1])) do
  local at = 1
  for _, target in ipairs(wanted.targets) do
    local source = redis.call('HGET', moves, 'to ' .. target)
    while not ended and not source and at <= #wanted.sources do
      if redis.call('HSETNX', moves, 'from ' .. wanted.sources[at], target) == 1 then
        source = wanted.sources[at]
        redis.call('HSET', moves, 'to ' .. target, source)
      end
      at = at + 1
    end
    given[#given + 1] = source or ''
  end
end
return given
