-- ARGV: chunk, its outcome as JSON, then ids of 16 bytes each: its failures, its duplicates, its
-- unchanged files; how many of the latter two a job remembers (`outcome_arguments`).
-- Returns 1, or 0 the second time.
if redis.call('HDEL', job .. ':chunks', ARGV[1]) == 0 then return 0 end
local ended = terminal()
redis.call('HDEL', job .. ':leases', ARGV[1])
redis.call('HDEL', job .. ':sent', ARGV[1])
redis.call('HDEL', job .. ':attempts', ARGV[1], ARGV[1] .. ' leases')
local outcome = cjson.decode(ARGV[2])
for name, count in pairs(outcome.counts) do
  redis.call('HINCRBY', job, name, count)
  redis.call('HINCRBY', prefix .. 'stats', 'images:' .. name, count)
end
redis.call('HDEL', job, 'waiting')
redis.call('HINCRBY', job, 'moved', outcome.moved)
redis.call('HINCRBY', job, 'bytes', outcome.bytes)
redis.call('HINCRBY', prefix .. 'stats', 'encoded_bytes', outcome.bytes)
redis.call('HINCRBYFLOAT', prefix .. 'stats', 'encode_seconds', outcome.encode_seconds)
for _, failure in ipairs(outcome.failures) do
  redis.call('RPUSH', job .. ':failures', failure)
end
if #outcome.reports > 0 then redis.call('HINCRBY', job, 'reported', #outcome.reports) end
for _, report in ipairs(outcome.reports) do
  if redis.call('LLEN', job .. ':reported') < outcome.max_reports then
    redis.call('RPUSH', job .. ':reported', report)
  end
end
-- No row says that this job has seen these files, so a repeated scan must be told.
-- Beyond the limit they are only counted: a repeated scan takes them back (`begin_scan`), and
-- finds the files anew.
local function remember_some(kind, ids)
  local room = tonumber(ARGV[6]) - tonumber(get('remembered') or '0')
  local kept = math.max(0, math.min(room, #ids / 16))
  for at = 1, kept * 16, 16 do remember(string.sub(ids, at, at + 15)) end
  if kept > 0 then redis.call('HINCRBY', job, 'remembered', kept) end
  if kept < #ids / 16 then redis.call('HINCRBY', job, 'forgotten_' .. kind, #ids / 16 - kept) end
end
if not ended then
  for at = 1, #ARGV[3], 16 do remember(string.sub(ARGV[3], at, at + 15)) end
  remember_some('duplicates', ARGV[4])
  remember_some('unchanged', ARGV[5])
end
sample_rate()
redis.call('LTRIM', job .. ':rate', -64, -1)
event('progress', '')
if ended then expire() else close_if_complete() end
return 1
