-- ARGV: image ids. A scan of the job that is repeated does not count them again.
if terminal() then return 0 end
for _, id in ipairs(ARGV) do redis.call('SADD', job .. ':accounted', id) end
return 1
