-- KEYS: an index of jobs by time; the prefix of all keys. ARGV: the status wanted, or ''; the job
-- after which to begin and its time, or ''; how many jobs are wanted; how many to look at.
-- Returns {job, time} where it stopped (empty at the end of the index), then those of each found.
-- Jobs that have expired leave the index.
local index, prefix = KEYS[1], KEYS[2]
local at = 0
if ARGV[2] ~= '' then
  local rank = redis.call('ZREVRANK', index, ARGV[2])
  at = rank and rank + 1 or redis.call('ZCOUNT', index, '(' .. ARGV[3], '+inf')
end
local rows = redis.call('ZREVRANGE', index, at, at + ARGV[5] - 1, 'WITHSCORES')
local found, stopped = {}, {'', ''}
if #rows == 2 * ARGV[5] then stopped = {rows[#rows - 1], rows[#rows]} end
for place = 1, #rows, 2 do
  local job = prefix .. 'job:' .. rows[place]
  local state, paused = unpack(redis.call('HMGET', job, 'state', 'paused'))
  if not state then
    redis.call('ZREM', index, rows[place])
  elseif ARGV[1] == '' or ARGV[1] == (paused == '1' and 'paused' or state) then
    found[#found + 1] = rows[place]
    found[#found + 1] = rows[place + 1]
    if #found == 2 * ARGV[4] then
      stopped = {rows[place], rows[place + 1]}
      break
    end
  end
end
return {stopped[1], stopped[2], unpack(found)}
