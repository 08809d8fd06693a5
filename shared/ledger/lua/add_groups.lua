-- ARGV: generation, '1' to begin anew, then for each group: its grade, its id of 16 bytes, how many
-- images it has, its record (`pack_group`). Written under the job until they are published.
-- Returns 0, -1 superseded, -2 ended.
if terminal() then return -2 end
if get('generation') ~= ARGV[1] then return -1 end
if ARGV[2] == '1' then
  for _, part in ipairs({'groups', 'identical', 'copy', 'similar'}) do
    redis.call('UNLINK', job .. ':' .. part)
  end
end
for at = 3, #ARGV, 4 do
  redis.call('ZADD', job .. ':' .. ARGV[at], -tonumber(ARGV[at + 2]), ARGV[at + 1])
  redis.call('HSET', job .. ':groups', ARGV[at + 1], ARGV[at + 3])
end
return 0
