-- ARGV: collection, JSON object of what was found by uri, JSON list of what to drop. Does nothing
-- once the job has ended: its collection may be dropped, and nothing would delete the record.
if terminal() then return 0 end
local key = prefix .. 'collection:' .. ARGV[1] .. ':filesystems'
for _, uri in ipairs(cjson.decode(ARGV[3])) do redis.call('HDEL', key, uri) end
for uri, filesystem in pairs(cjson.decode(ARGV[2])) do redis.call('HSET', key, uri, filesystem) end
return 1
