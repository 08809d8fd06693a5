-- ARGV: indexer. Returns nil, or {generation, chunk payloads still pending}.
if terminal() or get('scan_done') == '1' then return false end
local owner = get('scan_owner')
if owner and owner ~= '' and owner ~= ARGV[1] and alive(owner) then return false end
local generation = redis.call('HINCRBY', job, 'generation', 1)
redis.call('HSET', job, 'scan_owner', ARGV[1], 'state', 'scanning')
redis.call('HSET', job, 'scan_unchanged', 0, 'ignored', 0)
if not get('started_at') then
  redis.call('HSET', job, 'started_at', tostring(now()))
  redis.call('RPUSH', job .. ':rate', tostring(now()) .. ' 0')
end
event('progress', '')
return {generation, redis.call('HVALS', job .. ':chunks')}
