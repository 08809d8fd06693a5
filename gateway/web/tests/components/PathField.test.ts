import { expect, test } from 'vitest';

import { parentOf } from '@/components/PathField';

test.each([
  ['', ''],
  ['photos', ''],
  ['/', '/'],
  ['/pho', '/'],
  ['/photos/', '/photos'],
  ['/photos/20', '/photos'],
  ['/photos/2024/', '/photos/2024'],
])('%j is completed by what is in %j', (path, parent) => {
  expect(parentOf(path)).toBe(parent);
});
