import { expect, test } from 'vitest';

import { switched } from '@/state/collection';

test('another collection drops what named things of the old one', () => {
  const params = new URLSearchParams('collection=a&image=1&crop=0,0,1,1&open=2&tag=x&folder=/y&top=50');
  expect(switched(params, 'b').toString()).toBe('collection=b&top=50');
});

test('a picture of the reader’s own and its box stay', () => {
  const params = new URLSearchParams('collection=a&picture=k&crop=0,0,1,1');
  expect(switched(params, 'b').get('picture')).toBe('k');
  expect(switched(params, 'b').get('crop')).toBe('0,0,1,1');
});
