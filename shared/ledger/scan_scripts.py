"""The transactions of a scan, as Lua; what `scripts` says of its own holds for them."""

from shared.ledger.scripts import PRELUDE

#: ARGV: indexer. Returns nil, or {generation, chunk payloads still pending}.
BEGIN_SCAN = (
    PRELUDE
    + """
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
"""
)

#: ARGV: generation, then chunk, payload, files of each. Returns chunks pending, -1 superseded,
#: -2 ended. The last chunk's id tells a call that is repeated.
ADD_CHUNKS = (
    PRELUDE
    + """
if terminal() then return -2 end
if get('generation') ~= ARGV[1] then return -1 end
local last = ARGV[#ARGV - 2]
if get('last_chunk') ~= last then
  local sent, files = tostring(now()), 0
  for at = 2, #ARGV, 3 do
    redis.call('HSET', job .. ':chunks', ARGV[at], ARGV[at + 1])
    redis.call('HSET', job .. ':sent', ARGV[at], sent)
    files = files + ARGV[at + 2]
  end
  redis.call('HINCRBY', job, 'chunk_total', files)
  redis.call('HSET', job, 'last_chunk', last)
  event('progress', '')
end
return redis.call('HLEN', job .. ':chunks')
"""
)

#: ARGV: generation, unchanged, ignored, token. Returns 0, -1 superseded, -2 ended.
RECORD_SCAN = (
    PRELUDE
    + """
if terminal() then return -2 end
if get('generation') ~= ARGV[1] then return -1 end
if get('last_record') == ARGV[4] then return 0 end
redis.call('HSET', job, 'last_record', ARGV[4])
redis.call('HINCRBY', job, 'scan_unchanged', ARGV[2])
redis.call('HINCRBY', job, 'ignored', ARGV[3])
redis.call('HINCRBY', 'lookalike:stats', 'images:unchanged', ARGV[2])
event('progress', '')
return 0
"""
)

#: ARGV: generation. Returns 0, -1 superseded, -2 ended.
FINISH_SCAN = (
    PRELUDE
    + """
if terminal() then return -2 end
if get('generation') ~= ARGV[1] then return -1 end
redis.call('HSET', job, 'scan_done', '1', 'scan_owner', '', 'state', 'running')
event('progress', '')
close_if_complete()
return 0
"""
)

#: ARGV: generation, ids as JSON (empty: done with them), how many. Returns 0 or -1, -2.
RECORD_REMOVAL = (
    PRELUDE
    + """
if terminal() then return -2 end
if get('generation') ~= ARGV[1] then return -1 end
if ARGV[2] ~= '' then
  redis.call('HSET', job, 'removing', ARGV[2])
elseif redis.call('HDEL', job, 'removing') == 1 then
  redis.call('HINCRBY', job, 'removed', ARGV[3])
  event('progress', '')
end
return 0
"""
)
