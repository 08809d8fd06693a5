import { describe, expect, test } from 'vitest';

import { readCrop, readLibrary, readSearch, writeLibrary, writeSearch, type Written } from '@/state/address';
import { readDay } from '@/text/days';

function paramsOf(written: Written): URLSearchParams {
  const params = new URLSearchParams();
  for (const [name, value] of Object.entries(written)) {
    for (const one of typeof value === 'object' ? value : [value]) if (one) params.append(name, one);
  }
  return params;
}

function roundTrip(address: ReturnType<typeof readSearch>) {
  const params = paramsOf(writeSearch(address));
  return { text: params.toString(), read: readSearch(params) };
}

const ID = 'a'.repeat(32);

describe('the address of a search', () => {
  test('is empty for the defaults', () => {
    const address = readSearch(new URLSearchParams());
    expect(roundTrip(address).text).toBe('');
  });

  test('keeps everything over a reload', () => {
    const address = {
      image: 'a'.repeat(32),
      picture: undefined,
      url: 'https://example.org/a b.jpg?c=d&e',
      crop: { x: 0.1, y: 0.25, width: 0.5, height: 0.3333 },
      like: ['c'.repeat(32), 'd'.repeat(32)],
      unlike: ['e'.repeat(32)],
      strategy: 'best_score' as const,
      least: 0.35,
      tag: 'red & blue',
      folder: '/photos/Übung 1',
      where: [
        { field: 'metadata.a b', is: 'not' as const, value: 'x~y' },
        { field: 'width', is: 'least' as const, value: '640' },
      ],
      open: 'b'.repeat(32),
    };
    expect(roundTrip(address).read).toEqual(address);
  });

  test.each([
    ['least=-3', { least: 0 }],
    ['least=2', { least: 1 }],
    ['strategy=luck', { strategy: 'average' }],
    ['like=a,b', { like: [] }],
    [`like=${ID},${ID}&unlike=${ID}`, { like: [ID], unlike: [] }],
    ['where=width~is~3', { where: [] }],
    ['where=depth~least~3', { where: [] }],
    ['where=width~least', { where: [] }],
    ['where=format~is~png', { where: [{ field: 'format', is: 'is', value: 'png' }] }],
    ['tag=%20%20', { tag: undefined }],
    ['crop=1,2,3', { crop: undefined }],
  ])('takes %s with a pinch of salt', (text, expected) => {
    expect(readSearch(new URLSearchParams(text))).toMatchObject(expected);
  });
});

test('more conditions than the API takes are not left out silently', () => {
  const params = new URLSearchParams(Array.from({ length: 101 }, () => ['where', 'width~least~3']));
  expect(readSearch(params).where).toHaveLength(101);
});

describe('a crop in the address', () => {
  test.each([
    '',
    '0,0,1',
    '0,0,1,1,1',
    '0,0,,1',
    'a,b,c,d',
    '-0.1,0,1,1',
    '0,0,0,1',
    '0.5,0,0.6,1',
    'NaN,0,1,1',
  ])('is refused when it is %j', (text) => {
    expect(readCrop(text)).toBeUndefined();
  });

  test('may be the whole picture', () => {
    expect(readCrop('0,0,1,1')).toEqual({ x: 0, y: 0, width: 1, height: 1 });
  });

  test('may lead out of the picture by what rounding adds', () => {
    expect(readCrop('0.3334,0,0.6667,1')).toBeDefined();
  });
});

describe('the address of the library', () => {
  test('knows newest first as the default', () => {
    const address = readLibrary(new URLSearchParams('order=sideways'));
    expect(address.order).toBe('-added_at');
    expect(writeLibrary(address).order).toBeUndefined();
  });

  test('keeps its filter', () => {
    const address = {
      tag: 'a',
      folder: '/b',
      where: [{ field: 'tags', is: 'not' as const, value: 'c' }],
      like: [ID],
      unlike: [],
      day: undefined,
      order: 'added_at' as const,
      open: undefined,
    };
    expect(readLibrary(paramsOf(writeLibrary(address)))).toEqual(address);
  });
});

test.each(['2026-02-30', '2026-2-3', '29.03.2026', '', 'soon'])('%j is no day', (text) => {
  expect(readDay(text)).toBeUndefined();
});

test('a day is kept', () => {
  expect(readLibrary(new URLSearchParams({ day: '2024-02-29' })).day).toBe('2024-02-29');
});
