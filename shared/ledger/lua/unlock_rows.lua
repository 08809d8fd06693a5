-- ARGV: collection, lock, ids. Unlocks those rows that the lock holds.
for at = 3, #ARGV do
  local row = prefix .. 'collection:' .. ARGV[1] .. ':row:' .. ARGV[at]
  if redis.call('GET', row) == ARGV[2] then redis.call('DEL', row) end
end
redis.call('ZREM', prefix .. 'collection:' .. ARGV[1] .. ':writers', ARGV[2])
