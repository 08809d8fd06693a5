import { waitFor } from '@testing-library/react';
import { expect, test } from 'vitest';

import { forgetImages, NotForgotten } from '@/api/images';
import { ApiProblem } from '@/api/problem';

import { type Asked, gateway, problem } from '../support/gateway';

const FORGET = 'DELETE /api/v2/collections/shoes/images';
const images = Array.from({ length: 950 }, (_, index) => String(index));

function idsOf({ query }: Asked): string[] {
  const filter = JSON.parse(query.filter ?? '') as { must: { any: string[] }[] };
  return filter.must[0]?.any ?? [];
}

test('a few requests are under way at a time, and all that are left once the page goes', async () => {
  const ends: ((reply: unknown) => void)[] = [];
  gateway.on(FORGET, () => new Promise((end) => ends.push(end)));
  const leaves = new AbortController();
  const forgotten = forgetImages('shoes', images, leaves.signal);
  await waitFor(() => {
    expect(ends).toHaveLength(4);
  });
  leaves.abort();
  await waitFor(() => {
    expect(ends).toHaveLength(10);
  });
  for (const end of ends) end({ deleted: 100 });
  await forgotten;
  expect(gateway.calls(FORGET).flatMap(idsOf).sort()).toEqual([...images].sort());
  expect(gateway.calls(FORGET).every(({ keepalive }) => keepalive)).toBe(true);
});

test('how many may be left is said where some requests fail', async () => {
  gateway.on(FORGET, (asked) =>
    idsOf(asked).includes('940') ? problem(503, 'milvus_unavailable') : { deleted: 100 },
  );
  const failed = await forgetImages('shoes', images, AbortSignal.abort()).catch((one: unknown) => one);
  expect(failed).toBeInstanceOf(NotForgotten);
  expect(failed).toMatchObject({ left: 50, cause: expect.any(ApiProblem) as unknown });
  expect(gateway.calls(FORGET)).toHaveLength(10);
});
