-- ARGV: collection, calibration as JSON. Does nothing once the job has ended: its collection may be
-- dropped, and nothing would delete the record.
if terminal() then return 0 end
redis.call('SET', prefix .. 'collection:' .. ARGV[1] .. ':calibration', ARGV[2])
return 1
