import { describe, expect, test } from 'vitest';

import { compile, faultOf, faultsIn, filterText } from '@/api/filter';
import type { Comparison } from '@/api/models';
import { ApiProblem } from '@/api/problem';

const rule = (field: string, is: Comparison, value: string) => ({ field, is, value });
const must = (...where: ReturnType<typeof rule>[]) => compile({ where }).filter.must;

describe('a filter for the API', () => {
  test('joins tag, folder and conditions, those with “not” apart', () => {
    const filter = {
      tag: 'red',
      folder: '/photos',
      where: [
        rule('folder', 'not', '/photos/old'),
        rule('tags', 'not', 'draft'),
        rule('format', 'is', 'png'),
      ],
    };
    expect(JSON.parse(filterText(filter) ?? '')).toEqual({
      must: [{ field: 'tags', any: ['red'] }, { folder: '/photos' }, { field: 'format', any: ['png'] }],
      must_not: [{ folder: '/photos/old' }, { field: 'tags', any: ['draft'] }],
    });
  });

  test('is none where it means all images', () => {
    expect(filterText({ where: [] })).toBeUndefined();
    expect(filterText({ where: [rule('width', 'least', 'wide')] })).toBeUndefined();
  });

  test('has sizes in pixels, and files in bytes', () => {
    expect(must(rule('width', 'least', '640'), rule('bytes', 'most', '1,5'))).toEqual([
      { field: 'width', range: { gte: 640 } },
      { field: 'bytes', range: { lte: 1_500_000 } },
    ]);
  });

  test('has days from their beginning to their end, in the reader’s zone', () => {
    expect(must(rule('added_at', 'least', '2026-03-29'), rule('added_at', 'most', '2026-03-29'))).toEqual([
      { field: 'added_at', range: { gte: new Date('2026-03-29T00:00').toISOString() } },
      { field: 'added_at', range: { lt: new Date('2026-03-30T00:00').toISOString() } },
    ]);
  });

  test('has days of taking as the camera’s clock had them', () => {
    expect(must(rule('taken_at', 'least', '2026-03-29'), rule('taken_at', 'most', '2026-03-29'))).toEqual([
      { field: 'taken_at', range: { gte: '2026-03-29T00:00:00.000Z' } },
      { field: 'taken_at', range: { lt: '2026-03-30T00:00:00.000Z' } },
    ]);
    expect(must(rule('camera', 'is', 'X100'))).toEqual([{ field: 'camera', any: ['X100'] }]);
  });

  test('looks for metadata as text and as what it may be else', () => {
    expect(
      must(
        rule('metadata.rating', 'is', '5'),
        rule('metadata.draft', 'is', 'true'),
        rule('metadata.lens', 'is', 'x'),
        rule('metadata.rating', 'least', '4'),
        rule('metadata.day', 'most', '2024-01'),
      ),
    ).toEqual([
      { field: 'metadata.rating', any: ['5', 5] },
      { field: 'metadata.draft', any: ['true', true] },
      { field: 'metadata.lens', any: ['x'] },
      { field: 'metadata.rating', range: { gte: 4 } },
      { field: 'metadata.day', range: { lte: '2024-01' } },
    ]);
  });

  test.each([
    rule('folder', 'is', 'photos'),
    rule('format', 'is', 'psd'),
    rule('height', 'least', '-1'),
    rule('width', 'least', '1.5'),
    rule('bytes', 'most', 'large'),
    rule('added_at', 'least', '2026-02-30'),
    rule('metadata.', 'is', 'x'),
    rule('metadata.a~b', 'is', 'x'),
    rule('metadata.a"b', 'is', 'x'),
    rule('metadata.a..b', 'is', 'x'),
    rule('metadata.a.7', 'is', 'x'),
    rule('metadata.a\u0000b', 'is', 'x'),
    rule('metadata.a.b.c.d.e.f.g.h.i', 'is', 'x'),
    rule('depth', 'is', '1'),
  ])('leaves out what the API would refuse, and says so: %j', (one) => {
    expect(faultOf(one)).toMatch(/\.$/);
    expect(must(one)).toEqual([]);
  });
});

test('what the API finds wrong is told of the condition it is about', () => {
  const where = [
    rule('width', 'least', 'wide'),
    rule('metadata.a b', 'is', 'x'),
    rule('folder', 'not', '/photos/old'),
  ];
  const problem = new ApiProblem(422, 'validation_error', '', '', [
    { field: 'body.filter.must.1', message: "Value error, 'a\"b' is no name" },
    { field: 'query.filter.must_not.0.folder', message: 'too long' },
    { field: 'body.top_k', message: 'elsewhere' },
  ]);
  expect(faultsIn(problem, { tag: 'red', where })).toEqual(
    new Map([
      [1, "'a\"b' is no name"],
      [2, 'too long'],
    ]),
  );
  expect(faultsIn(new Error('x'), { where })).toEqual(new Map());
});
