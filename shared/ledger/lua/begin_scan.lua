-- ARGV: indexer, whether to walk again ('1'). Returns nil, or {generation, chunk payloads still
-- pending, what was kept of a walk or ''}.
if terminal() or get('scan_done') == '1' or get('paused') == '1' then return false end
local owner = get('scan_owner')
if owner and owner ~= '' and owner ~= ARGV[1] and alive(owner) then return false end
if ARGV[2] == '1' then redis.call('HDEL', job, 'walk') end
local walk = get('walk')
if walk and redis.call('HLEN', job .. ':chunks') > 0 then return false end
local generation = redis.call('HINCRBY', job, 'generation', 1)
redis.call('HSET', job, 'scan_owner', ARGV[1])
if walk then return {generation, {}, walk} end
redis.call('HSET', job, 'state', 'scanning', 'scan_unchanged', 0, 'ignored', 0)
if not get('started_at') then
  redis.call('HSET', job, 'started_at', tostring(now()))
  redis.call('RPUSH', job .. ':rate', tostring(now()) .. ' 0')
end
event('progress', '')
return {generation, redis.call('HVALS', job .. ':chunks'), ''}
