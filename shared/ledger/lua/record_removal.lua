-- ARGV: generation, ids as JSON (empty: done with them), how many. Returns 0 or -1, -2.
if terminal() then return -2 end
if get('generation') ~= ARGV[1] then return -1 end
if ARGV[2] ~= '' then
  redis.call('HSET', job, 'removing', ARGV[2])
elseif redis.call('HDEL', job, 'removing') == 1 then
  redis.call('HINCRBY', job, 'removed', ARGV[3])
  event('progress', '')
end
return 0
