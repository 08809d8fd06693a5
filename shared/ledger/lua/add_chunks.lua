-- ARGV: generation, then chunk, payload, files of each. Returns chunks pending, -1 superseded,
-- -2 ended. The last chunk's id tells a call that is repeated.
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
