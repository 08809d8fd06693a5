import { describe, expect, test } from 'vitest';

import { likeness, likenessNumbers, likenessText } from '@/text/likeness';

const hit = (match: number | null, score = 0.8) => ({ score, match, distance: 0.6 });

describe('how alike a hit is', () => {
  test.each([
    [1, 'copy'],
    [0.9, 'copy'],
    [0.899, 'very alike'],
    [0.5, 'very alike'],
    [0.499, 'alike'],
    [0.1, 'alike'],
    [0.0999, null],
    [0, null],
    [null, null],
  ])('a match of %s is called %s', (match, word) => {
    expect(likeness(hit(match))).toBe(word);
  });

  test.each([1, null])('a score of about 1 is identical, with a match of %s', (match) => {
    expect(likeness(hit(match, 0.9995))).toBe('identical');
    expect(likeness(hit(match, 0.9994))).not.toBe('identical');
  });

  test('is its score where no word fits', () => {
    expect(likenessText(hit(null))).toBe('score 0.800');
    expect(likenessText(hit(0.6))).toBe('very alike');
  });

  test('has its numbers, as far as there are any', () => {
    expect(likenessNumbers(hit(0.6))).toBe('match 0.600, score 0.800, distance 0.600');
    expect(likenessNumbers(hit(null))).toBe('score 0.800, distance 0.600');
  });
});
