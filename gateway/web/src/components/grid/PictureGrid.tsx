import { useElementSize } from '@mantine/hooks';
import { useWindowVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'react';

import type { Examples, Picture, Side } from '@/api/models';

import { sideOf } from '@/state/examples';

import classes from './PictureGrid.module.css';
import { PictureOption } from './PictureOption';
import { neighbourRow, rowLayout } from './rows';
import type { Selection } from './useSelection';

interface PictureGridProps<P> {
  pictures: readonly P[];
  /** What the list is called; each name begins with its place where the order says how alike. */
  label: string;
  selection: Selection;
  examples: Examples;
  /** Makes a picture an example, or none any more. */
  onExample: (id: string, side: Side) => void;
  rowHeight?: (width: number) => number;
  /** How many rows before the end more are loaded. */
  ahead?: number;
  /** How many there are, loaded or not; undefined where nobody knows. */
  total: number | undefined;
  hasMore: boolean;
  loadMore: () => void;
  onOpen: (id: string) => void;
}

const SPACING = 6;
const AHEAD_ROWS = 12;
const KEYS = 'picture-grid-keys';
const ROW_HEIGHT = (width: number) => (width < 500 ? 120 : 180);
const SIDES: Readonly<Record<string, Side>> = { '+': 'like', '-': 'unlike' };

/**
 * Many pictures as one list of which only the visible rows exist. Arrow keys move, Space selects,
 * Enter opens, plus and minus make a picture an example.
 */
export function PictureGrid<P extends Picture>({
  pictures,
  label,
  selection,
  examples,
  onExample,
  rowHeight = ROW_HEIGHT,
  ahead = AHEAD_ROWS,
  total,
  hasMore,
  loadMore,
  onOpen,
}: PictureGridProps<P>) {
  const { ref: sized, width } = useElementSize();
  const frame = useRef<HTMLDivElement>(null);
  const [top, setTop] = useState(0);
  const [active, setActive] = useState(0);
  const wanted = useRef<number | null>(null);
  const focused = useRef(false);
  const target = rowHeight(width);
  const layout = useMemo(() => rowLayout<P>(width, SPACING, target), [width, target]);
  const rows = useMemo(() => layout(pictures), [layout, pictures]);

  // What stands above comes and goes with the pictures and the examples.
  useLayoutEffect(() => {
    setTop(frame.current?.offsetTop ?? 0);
  }, [width, pictures, examples]);

  const virtual = useWindowVirtualizer({
    count: rows.length,
    estimateSize: (index) => (rows[index]?.height ?? target) + SPACING,
    overscan: 4,
    scrollMargin: top,
  });
  useEffect(() => {
    virtual.measure();
  }, [rows, virtual]);

  const shown = virtual.getVirtualItems();
  const last = shown.at(-1)?.index ?? 0;
  useEffect(() => {
    if (hasMore && last >= rows.length - ahead) loadMore();
  }, [hasMore, last, rows.length, ahead, loadMore]);

  // The option to focus may only come into being when its row is scrolled to; one that has the focus
  // loses it when another page puts it into another row, which the list does not see as a blur.
  useEffect(() => {
    const lost = focused.current && document.activeElement === document.body;
    const index = wanted.current ?? (lost ? active : null);
    if (index === null) return;
    const option = frame.current?.querySelector<HTMLElement>(`[data-index="${index}"]`);
    if (!option) return;
    wanted.current = null;
    option.focus({ preventScroll: true });
  });

  const moveTo = (index: number) => {
    const next = Math.max(0, Math.min(pictures.length - 1, index));
    wanted.current = next;
    setActive(next);
    virtual.scrollToIndex(rows.findIndex(({ cells }) => cells.some((cell) => cell.index === next)));
  };
  const mark = (side: Side | undefined, index: number) => {
    const id = pictures[index]?.id;
    if (side && id !== undefined) onExample(id, side);
  };
  const moves: Record<string, () => void> = {
    ArrowRight: () => {
      moveTo(active + 1);
    },
    ArrowLeft: () => {
      moveTo(active - 1);
    },
    ArrowDown: () => {
      moveTo(neighbourRow(rows, active, 1));
    },
    ArrowUp: () => {
      moveTo(neighbourRow(rows, active, -1));
    },
    Home: () => {
      moveTo(0);
    },
    End: () => {
      moveTo(pictures.length - 1);
    },
    ' ': () => {
      selection.toggle(active);
    },
    Enter: () => {
      onOpen(pictures[active]?.id ?? '');
    },
    Escape: selection.clear,
  };

  const inView = new Set(shown.flatMap(({ index }) => rows[index]?.cells.map((cell) => cell.index) ?? []));
  const stop = inView.has(active) ? active : (inView.values().next().value ?? 0);
  return (
    <>
      <p id={KEYS} className="visually-hidden">
        Arrow keys move, Space selects, Enter opens. Plus adds it to what is searched for, minus to what is
        not.
      </p>
      <div
        ref={(element) => {
          frame.current = element;
          sized(element);
        }}
        className={classes.grid}
        role="listbox"
        tabIndex={-1}
        aria-label={label}
        aria-multiselectable
        aria-describedby={KEYS}
        data-selecting={selection.ids.size > 0}
        style={{ height: virtual.getTotalSize() }}
        onKeyDown={(event) => {
          if ((event.ctrlKey || event.metaKey) && event.key === 'a') selection.all();
          else if (event.ctrlKey || event.metaKey || event.altKey) return;
          else if (event.key in moves) moves[event.key]?.();
          else if (event.key in SIDES) mark(SIDES[event.key], active);
          else return;
          event.preventDefault();
        }}
        onFocus={(event) => {
          const index = event.target.dataset.index;
          if (index !== undefined) setActive(Number(index));
          focused.current = true;
        }}
        onBlur={() => {
          focused.current = false;
        }}
        onClick={(event) => {
          const hit = event.target as HTMLElement;
          const index = Number(hit.closest<HTMLElement>('[data-index]')?.dataset.index ?? NaN);
          if (Number.isNaN(index)) return;
          const side = hit.closest<HTMLElement>('[data-side]')?.dataset.side;
          if (side === 'like' || side === 'unlike') mark(side, index);
          else if (event.shiftKey) selection.extend(index);
          else if (hit.closest('[data-check]') || selection.ids.size > 0) selection.toggle(index);
          else onOpen(pictures[index]?.id ?? '');
        }}
      >
        {shown.map(({ index, start }) => (
          <div
            key={index}
            className={classes.row}
            role="presentation"
            style={{ top: start - top, height: rows[index]?.height }}
          >
            {rows[index]?.cells.map((cell) => (
              <PictureOption
                key={cell.picture.id}
                cell={cell}
                selected={selection.ids.has(cell.picture.id)}
                side={sideOf(examples, cell.picture.id)}
                tabStop={cell.index === stop}
                total={total}
              />
            ))}
          </div>
        ))}
      </div>
    </>
  );
}
