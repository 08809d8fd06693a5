import { describe, expect, test } from 'vitest';

import { formatBytes, formatDuration, formatNumberOf, formatPlace, formatUtc } from '@/text/quantities';

test.each([
  [0, '0 B'],
  [999, '999 B'],
  [1000, '1.0 kB'],
  [18_234, '18.2 kB'],
  [999_499, '999 kB'],
  [999_600, '1.0 MB'],
  [5_300_000_000, '5.3 GB'],
])('%d bytes read %j', (bytes, text) => {
  expect(formatBytes(bytes)).toBe(text);
});

describe('durations', () => {
  test.each([
    [0, '0 s'],
    [0.4, '0 s'],
    [8, '8 s'],
    [59.6, '1 min'],
    [245, '4 min 5 s'],
    [3600, '1 h'],
    [3601, '1 h'],
    [11_520, '3 h 12 min'],
    [200_000, '2 d 7 h'],
    [-5, '0 s'],
  ])('of %d seconds read %j', (seconds, text) => {
    expect(formatDuration(seconds)).toBe(text);
  });
});

test('one is one, many are many', () => {
  expect(formatNumberOf(1, 'image')).toBe('1 image');
  expect(formatNumberOf(0, 'image')).toBe('0 images');
  expect(formatNumberOf(12_045, 'match', 'matches')).toBe('12,045 matches');
});

test('times of cameras and places read as they are written', () => {
  expect(formatUtc('2024-08-01T23:59:30Z')).toMatch(/^Aug 1, 2024, 11:59\sPM UTC$/);
  expect(formatPlace({ lat: -48.500139, lon: 9.01 })).toBe('48.5001° S, 9.0100° E');
  expect(formatPlace({ lat: 0, lon: -180 })).toBe('0.0000° N, 180.0000° W');
});
