-- ARGV: ids of files, of 16 bytes, one after the other. Returns for each the row that it took over,
-- of 16 bytes, or ''.
local found = {}
for at = 1, #ARGV[1], 16 do
  found[#found + 1] = row_taken_by(string.sub(ARGV[1], at, at + 15)) or ''
end
return found
