import { describe, expect, test } from 'vitest';

import { layoutRows, neighbourRow } from '@/views/library/rows';

const pictures = (count: number) =>
  Array.from({ length: count }, (_, index) => ({
    width: 300 + (index % 5) * 60,
    height: 400 - (index % 3) * 50,
  }));

describe('rows of pictures', () => {
  const rows = layoutRows(pictures(200), 1000, 6, 180);

  test('hold every picture once, in order', () => {
    const indices = rows.flatMap(({ cells }) => cells.map(({ index }) => index));
    expect(indices).toEqual(Array.from({ length: 200 }, (_, index) => index));
  });

  test('fill the width, and no picture is distorted', () => {
    for (const { cells, height } of rows.slice(0, -1)) {
      const last = cells.at(-1);
      expect((last?.left ?? 0) + (last?.width ?? 0)).toBeCloseTo(1000, 0);
      for (const { picture, width } of cells) {
        expect(width / height).toBeCloseTo(picture.width / picture.height, 1);
      }
    }
  });

  test('stay where they are when more arrive', () => {
    const more = layoutRows(pictures(320), 1000, 6, 180);
    const settled = rows.filter(({ cells }) => (cells.at(-1)?.index ?? 0) < 180);
    expect(more.slice(0, settled.length)).toEqual(settled);
  });

  test('of few pictures are not blown up', () => {
    expect(layoutRows(pictures(1), 1000, 6, 180)[0]?.height).toBeLessThanOrEqual(270);
  });

  test('are none before the width is known', () => {
    expect(layoutRows(pictures(3), 0, 6, 180)).toEqual([]);
    expect(layoutRows([], 1000, 6, 180)).toEqual([]);
  });
});

test('arrow keys go to the nearest picture of the next row, and stay at the edges', () => {
  const cell = (index: number, left: number) => ({ index, left, width: 100, picture: {} });
  const rows = [
    { height: 1, cells: [cell(0, 0), cell(1, 100), cell(2, 200)] },
    { height: 1, cells: [cell(3, 40), cell(4, 190)] },
  ];
  expect(neighbourRow(rows, 0, 1)).toBe(3);
  expect(neighbourRow(rows, 2, 1)).toBe(4);
  expect(neighbourRow(rows, 4, -1)).toBe(2);
  expect(neighbourRow(rows, 0, -1)).toBe(0);
  expect(neighbourRow(rows, 4, 1)).toBe(4);
});
