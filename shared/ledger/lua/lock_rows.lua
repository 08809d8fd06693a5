-- ARGV: collection, chunk ('' for none), writer, lock, its milliseconds, whether labels may change
-- ('1'), ids. Locks the rows of images, all or none; the same lock is answered again.
-- Returns {1, time, when another writer last began to change labels of such images}; {0} while
-- another lock holds; nil when the job has ended or the chunk was reported.
if ARGV[2] ~= '' and (terminal() or redis.call('HEXISTS', job .. ':chunks', ARGV[2]) == 0) then
  return false
end
local collection = prefix .. 'collection:' .. ARGV[1]
local shards = {}
for at = 7, #ARGV do
  local held = redis.call('GET', collection .. ':row:' .. ARGV[at])
  -- A gateway's lock ends by itself, a worker's with its heartbeat too.
  if held and held ~= ARGV[4] and (holder(held) == '-' or alive(holder(held))) then return {0} end
  shards[string.sub(ARGV[at], 1, 2)] = true
end
for at = 7, #ARGV do
  redis.call('SET', collection .. ':row:' .. ARGV[at], ARGV[4], 'PX', ARGV[5])
end
-- Who holds any lock, by the time at which it was taken (`count_writers`).
redis.call('ZADD', collection .. ':writers', tostring(now()), ARGV[4])
redis.call('ZREMRANGEBYSCORE', collection .. ':writers', '-inf', now() - 600)
redis.call('EXPIRE', collection .. ':writers', 600)
-- By the first byte of the id: exact enough, and a bounded number of keys.
local changed = 0
for shard, _ in pairs(shards) do
  local changes = collection .. ':changes:' .. shard
  local newest = redis.call('ZREVRANGE', changes, 0, 1, 'WITHSCORES')
  for at = 1, #newest, 2 do
    if newest[at] ~= ARGV[3] then changed = math.max(changed, tonumber(newest[at + 1])) end
  end
  if ARGV[6] == '1' then
    redis.call('ZADD', changes, tostring(now()), ARGV[3])
    redis.call('ZREMRANGEBYSCORE', changes, '-inf', now() - 7200)
    redis.call('EXPIRE', changes, 7200)
  end
end
return {1, tostring(now()), tostring(changed)}
