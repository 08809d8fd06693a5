import { expect, test } from 'vitest';

import { anyExample, marked, sideOf } from '@/state/examples';

const NONE = { like: [], unlike: [] };

test('a picture is on one side at most, and off it by the same again', () => {
  const once = marked({ like: ['a'], unlike: [] }, 'b', 'like');
  expect(once).toEqual({ like: ['a', 'b'], unlike: [] });
  expect(marked(once, 'a', 'unlike')).toEqual({ like: ['b'], unlike: ['a'] });
  expect(marked(once, 'a', 'like')).toEqual({ like: ['b'], unlike: [] });
  expect(sideOf(once, 'a')).toBe('like');
  expect(sideOf(once, 'c')).toBeNull();
  expect(anyExample(NONE)).toBe(false);
  expect(anyExample(marked(NONE, 'a', 'unlike'))).toBe(true);
});
