import { expect, test } from 'vitest';

import { resolveGroup } from '@/api/duplicates';

import { gateway } from '../support/gateway';

const RESOLVE = 'POST /api/v2/collections/shoes/duplicates/7/resolve';

test('a group is resolved in as many calls as the gateway takes for it', async () => {
  const left = [1500, 500, 0];
  gateway.on(RESOLVE, () => ({ deleted: 1000, left: left.shift() }));
  await resolveGroup('shoes', '7', 'a');
  expect(gateway.calls(RESOLVE)).toHaveLength(3);
  expect(gateway.calls(RESOLVE)).toMatchObject(Array(3).fill({ body: { keep: ['a'] } }));
});
