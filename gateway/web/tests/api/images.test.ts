import { expect, test } from 'vitest';

import { changedTags } from '@/api/images';
import { cropText } from '@/api/search';

test('tags are added once and taken away, the others stay in order', () => {
  expect(changedTags(['a', 'b'], { add: ['c', 'a'], remove: ['b'] })).toEqual(['a', 'c']);
  expect(changedTags([], { add: [], remove: ['x'] })).toEqual([]);
});

test('a crop is written with four digits', () => {
  expect(cropText({ x: 1 / 3, y: 0, width: 2 / 3, height: 1 })).toBe('0.3333,0,0.6667,1');
});
