import { computeRowsLayout } from 'react-photo-album';

import type { Picture } from '@/api/models';

export interface Cell<P> {
  picture: P;
  index: number;
  left: number;
  width: number;
}

export interface Row<P> {
  height: number;
  cells: Cell<P>[];
}

/** Pictures are laid out so many at a time: what stands above does not move when more arrive. */
const BLOCK = 60;

type Shape = Pick<Picture, 'width' | 'height'>;

/**
 * Lays pictures out as justified rows in `width` pixels, by react-photo-album's algorithm. A block
 * that is full is laid out once: of ten thousand pictures only the newest page costs time.
 */
export function rowLayout<P extends Shape>(width: number, spacing: number, target: number) {
  const settled = new Map<number, { block: readonly P[]; rows: Row<P>[] }>();
  return (pictures: readonly P[]): Row<P>[] => {
    const rows: Row<P>[] = [];
    if (width <= 0) return rows;
    for (let start = 0; start < pictures.length; start += BLOCK) {
      const block = pictures.slice(start, start + BLOCK);
      const known = settled.get(start);
      const same = known?.block.length === block.length && known.block.every((one, at) => one === block[at]);
      const laid = same ? known.rows : layoutBlock(block, start, width, spacing, target);
      settled.set(start, { block, rows: laid });
      rows.push(...laid);
    }
    return rows;
  };
}

function layoutBlock<P extends Shape>(
  block: readonly P[],
  start: number,
  width: number,
  spacing: number,
  target: number,
): Row<P>[] {
  const photos = block.map((picture) => ({ src: '', width: picture.width, height: picture.height, picture }));
  const tracks = computeRowsLayout(photos, spacing, 0, width, target)?.tracks ?? [];
  return tracks.map(({ photos: cells }) => {
    const tallest = Math.max(...cells.map(({ height }) => height));
    // A last row of few pictures would be blown up to fill the width.
    const shrink = Math.min(1, (target * 1.5) / tallest);
    let left = 0;
    return {
      height: tallest * shrink,
      cells: cells.map(({ photo, index, width: across }) => {
        const cell = { picture: photo.picture, index: start + index, left, width: across * shrink };
        left += cell.width + spacing;
        return cell;
      }),
    };
  });
}

/** The index of the picture that stands nearest above or below another, or its own at the end. */
export function neighbourRow<P>(rows: readonly Row<P>[], index: number, step: 1 | -1): number {
  const at = rows.findIndex(({ cells }) => cells.some((cell) => cell.index === index));
  const cell = rows[at]?.cells.find((one) => one.index === index);
  const next = rows[at + step];
  if (!cell || !next) return index;
  const centre = cell.left + cell.width / 2;
  const away = (one: Cell<P>) => Math.abs(one.left + one.width / 2 - centre);
  return next.cells.reduce((best, one) => (away(one) < away(best) ? one : best)).index;
}
