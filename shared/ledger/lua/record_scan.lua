-- ARGV: generation, unchanged, ignored, token, where a listing that is begun again may go on ('' if
-- nowhere new): all before it is in chunks or counted. Returns 0, -1 superseded, -2 ended.
if terminal() then return -2 end
if get('generation') ~= ARGV[1] then return -1 end
if get('last_record') == ARGV[4] then return 0 end
redis.call('HSET', job, 'last_record', ARGV[4])
redis.call('HINCRBY', job, 'scan_unchanged', ARGV[2])
redis.call('HINCRBY', job, 'ignored', ARGV[3])
redis.call('HINCRBY', prefix .. 'stats', 'images:unchanged', ARGV[2])
if ARGV[5] ~= '' then
  redis.call('HSET', job, 'cursor', ARGV[5], 'cursor_unchanged', get('scan_unchanged') or '0',
    'cursor_ignored', get('ignored') or '0')
end
event('progress', '')
return 0
