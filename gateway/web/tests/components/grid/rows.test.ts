import { describe, expect, test } from 'vitest';

import { neighbourRow, rowLayout } from '@/components/grid/rows';

const pictures = (count: number) =>
  Array.from({ length: count }, (_, index) => ({
    width: 300 + (index % 5) * 60,
    height: 400 - (index % 3) * 50,
  }));

describe('rows of pictures', () => {
  const layout = rowLayout<{ width: number; height: number }>(1000, 6, 180);
  const rows = layout(pictures(200));

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
    const more = layout(pictures(320));
    const settled = rows.filter(({ cells }) => (cells.at(-1)?.index ?? 0) < 180);
    expect(more.slice(0, settled.length)).toEqual(settled);
  });

  test('follow when a picture is forgotten', () => {
    const all = pictures(200);
    layout(all);
    const fewer = layout(all.filter((_, index) => index !== 10));
    expect(fewer.flatMap(({ cells }) => cells)).toHaveLength(199);
    expect(fewer.flatMap(({ cells }) => cells)[10]?.picture).toBe(all[11]);
  });

  test('of few pictures are not blown up', () => {
    expect(layout(pictures(1))[0]?.height).toBeLessThanOrEqual(270);
  });

  test('are none before the width is known', () => {
    expect(rowLayout(0, 6, 180)(pictures(3))).toEqual([]);
    expect(layout([])).toEqual([]);
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
