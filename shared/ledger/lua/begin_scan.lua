-- ARGV: indexer, whether to walk again ('1'). Returns nil, or {generation, chunk payloads still
-- pending, what was kept of a walk or '', where its listing is to go on or ''}.
if terminal() or get('scan_done') == '1' or get('paused') == '1' then return false end
local owner = get('scan_owner')
if owner and owner ~= '' and owner ~= ARGV[1] and alive(owner) then return false end
if ARGV[2] == '1' then redis.call('HDEL', job, 'walk', 'cursor') end
local walk = get('walk')
if walk and redis.call('HLEN', job .. ':chunks') > 0 then return false end
local generation = redis.call('HINCRBY', job, 'generation', 1)
redis.call('HSET', job, 'scan_owner', ARGV[1])
if walk then return {generation, {}, walk, ''} end
-- Only a whole listing finds what is forgotten below.
local forgot = tonumber(get('forgotten_duplicates') or '0') + tonumber(get('forgotten_unchanged') or '0')
if forgot > 0 then redis.call('HDEL', job, 'cursor') end
local cursor = get('cursor') or ''
local unchanged, ignored = '0', '0'
if cursor ~= '' then unchanged, ignored = get('cursor_unchanged'), get('cursor_ignored') end
redis.call('HSET', job, 'state', 'scanning', 'scan_unchanged', unchanged, 'ignored', ignored)
-- Files that were reported and not remembered are counted when this scan finds them again.
for _, kind in ipairs({'duplicates', 'unchanged'}) do
  local forgotten = tonumber(get('forgotten_' .. kind) or '0')
  if forgotten > 0 then
    redis.call('HINCRBY', job, kind, -forgotten)
    redis.call('HINCRBY', job, 'chunk_total', -forgotten)
    redis.call('HDEL', job, 'forgotten_' .. kind)
    redis.call('DEL', job .. ':rate')
  end
end
if not get('started_at') then redis.call('HSET', job, 'started_at', tostring(now())) end
if redis.call('EXISTS', job .. ':rate') == 0 then sample_rate() end
event('progress', '')
return {generation, redis.call('HVALS', job .. ':chunks'), '', cursor}
