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

/** Justified rows of `pictures` in `width` pixels; the layout itself is react-photo-album's. */
export function layoutRows<P extends Pick<Picture, 'width' | 'height'>>(
  pictures: readonly P[],
  width: number,
  spacing: number,
  target: number,
): Row<P>[] {
  const rows: Row<P>[] = [];
  if (width <= 0) return rows;
  for (let start = 0; start < pictures.length; start += BLOCK) {
    const photos = pictures
      .slice(start, start + BLOCK)
      .map((picture) => ({ src: '', width: picture.width, height: picture.height, picture }));
    const tracks = computeRowsLayout(photos, spacing, 0, width, target)?.tracks ?? [];
    for (const { photos: cells } of tracks) {
      const tallest = Math.max(...cells.map(({ height }) => height));
      // A last row of few pictures would be blown up to fill the width.
      const shrink = Math.min(1, (target * 1.5) / tallest);
      let left = 0;
      rows.push({
        height: tallest * shrink,
        cells: cells.map(({ photo, index, width: across }) => {
          const cell = { picture: photo.picture, index: start + index, left, width: across * shrink };
          left += cell.width + spacing;
          return cell;
        }),
      });
    }
  }
  return rows;
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
