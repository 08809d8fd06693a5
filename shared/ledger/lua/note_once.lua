-- ARGV: field, value. Sets a field of the job unless it is set; returns what it is now, nil where
-- there is no such job: a job that was deleted must not come back as a hash that nobody deletes.
if not get('state') then return false end
redis.call('HSETNX', job, ARGV[1], ARGV[2])
return get(ARGV[1])
