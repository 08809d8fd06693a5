import { useElementSize } from '@mantine/hooks';
import { useWindowVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'react';

import type { Image } from '@/api/models';

import classes from './PictureGrid.module.css';
import { PictureOption } from './PictureOption';
import { neighbourRow, rowLayout } from './rows';
import type { Selection } from './useSelection';

interface PictureGridProps {
  pictures: readonly Image[];
  selection: Selection;
  /** How many there are, loaded or not; undefined where nobody knows. */
  total: number | undefined;
  hasMore: boolean;
  loadMore: () => void;
  onOpen: (id: string) => void;
}

const SPACING = 6;
const AHEAD_ROWS = 12;
const KEYS = 'picture-grid-keys';

/**
 * All pictures of a collection as one list of which only the visible rows exist. Arrow keys move,
 * Space selects, Enter opens.
 */
export function PictureGrid({ pictures, selection, total, hasMore, loadMore, onOpen }: PictureGridProps) {
  const { ref: sized, width } = useElementSize();
  const frame = useRef<HTMLDivElement>(null);
  const [top, setTop] = useState(0);
  const [active, setActive] = useState(0);
  const wanted = useRef<number | null>(null);
  const target = width < 500 ? 120 : 180;
  const layout = useMemo(() => rowLayout<Image>(width, SPACING, target), [width, target]);
  const rows = useMemo(() => layout(pictures), [layout, pictures]);

  useLayoutEffect(() => {
    setTop(frame.current?.offsetTop ?? 0);
  }, [width]);

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
    if (hasMore && last >= rows.length - AHEAD_ROWS) loadMore();
  }, [hasMore, last, rows.length, loadMore]);

  // The option to focus may only come into being when its row is scrolled to.
  useEffect(() => {
    if (wanted.current === null) return;
    const option = frame.current?.querySelector<HTMLElement>(`[data-index="${wanted.current}"]`);
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
        Arrow keys move, Space selects, Enter opens.
      </p>
      <div
        ref={(element) => {
          frame.current = element;
          sized(element);
        }}
        className={classes.grid}
        role="listbox"
        tabIndex={-1}
        aria-label="Pictures"
        aria-multiselectable
        aria-describedby={KEYS}
        data-selecting={selection.ids.size > 0}
        style={{ height: virtual.getTotalSize() }}
        onKeyDown={(event) => {
          if ((event.ctrlKey || event.metaKey) && event.key === 'a') selection.all();
          else if (event.ctrlKey || event.metaKey || event.altKey) return;
          else if (event.key in moves) moves[event.key]?.();
          else return;
          event.preventDefault();
        }}
        onFocus={(event) => {
          const index = event.target.dataset.index;
          if (index !== undefined) setActive(Number(index));
        }}
        onClick={(event) => {
          const hit = event.target as HTMLElement;
          const index = Number(hit.closest<HTMLElement>('[data-index]')?.dataset.index ?? NaN);
          if (Number.isNaN(index)) return;
          if (event.shiftKey) selection.extend(index);
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
