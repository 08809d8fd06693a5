import { act, screen, waitFor } from '@testing-library/react';
import { beforeEach, describe, expect, test, vi } from 'vitest';

import type { Examples } from '@/api/models';
import { PictureGrid } from '@/components/grid/PictureGrid';
import { useSelection } from '@/components/grid/useSelection';

import { image } from '../../support/models';
import { show } from '../../support/render';
import { measureAs } from '../../support/wide';

const pictures = Array.from({ length: 12 }, (_, index) =>
  image({ id: index.toString(16).repeat(32), uri: `file:///photos/${index}.jpg` }),
);

beforeEach(() => {
  measureAs(800);
});

async function open(
  { hasMore, total }: { hasMore: boolean; total?: number } = { hasMore: false, total: 12 },
  examples: Examples = { like: [], unlike: [] },
) {
  const onOpen = vi.fn();
  const loadMore = vi.fn();
  const onExample = vi.fn();
  function Grid() {
    const selection = useSelection(pictures);
    return (
      <PictureGrid
        pictures={pictures}
        label="Pictures"
        examples={examples}
        onExample={onExample}
        selection={selection}
        total={total}
        hasMore={hasMore}
        loadMore={loadMore}
        onOpen={onOpen}
      />
    );
  }
  const view = show(<Grid />);
  await screen.findAllByRole('option');
  const focus = (index: number) => {
    act(() => {
      option(index).focus();
    });
  };
  return { ...view, onOpen, loadMore, onExample, focus };
}

const option = (index: number) => screen.getByRole('option', { name: `${index}.jpg` });
const selected = () =>
  screen
    .getAllByRole('option')
    .filter((one) => one.getAttribute('aria-selected') === 'true')
    .map((one) => Number(one.dataset.index));

describe('the keyboard', () => {
  test('reaches one option by Tab, and the others by arrow keys', async () => {
    const { user } = await open();
    const stops = screen.getAllByRole('option').filter(({ tabIndex }) => tabIndex === 0);
    expect(stops).toEqual([option(0)]);
    await user.tab();
    expect(option(0)).toHaveFocus();
    await user.keyboard('{ArrowRight}{ArrowRight}{ArrowLeft}');
    expect(option(1)).toHaveFocus();
    expect(option(1).tabIndex).toBe(0);
    expect(option(0).tabIndex).toBe(-1);
  });

  test('moves by rows, and stays at the ends', async () => {
    const { user, focus } = await open();
    focus(0);
    await user.keyboard('{ArrowLeft}{ArrowUp}');
    expect(option(0)).toHaveFocus();
    await user.keyboard('{ArrowDown}');
    const below = document.activeElement as HTMLElement;
    expect(Number(below.dataset.index)).toBeGreaterThan(1);
    expect(below.parentElement).not.toBe(option(0).parentElement);
    await user.keyboard('{ArrowUp}');
    expect(option(0)).toHaveFocus();
    await user.keyboard('{End}{ArrowRight}');
    expect(option(11)).toHaveFocus();
    await user.keyboard('{Home}');
    expect(option(0)).toHaveFocus();
  });

  test('opens by Enter and selects by Space', async () => {
    const { user, focus, onOpen } = await open();
    focus(2);
    await user.keyboard(' ');
    expect(selected()).toEqual([2]);
    expect(onOpen).not.toHaveBeenCalled();
    await user.keyboard('{Enter}');
    expect(onOpen).toHaveBeenCalledExactlyOnceWith(pictures[2]?.id);
    await user.keyboard(' ');
    expect(selected()).toEqual([]);
  });

  test('selects all by Ctrl+A and none by Escape, and leaves other shortcuts alone', async () => {
    const { user, focus } = await open();
    focus(0);
    await user.keyboard('{Control>}a{/Control}');
    expect(selected()).toHaveLength(pictures.length);
    await user.keyboard('{Escape}');
    expect(selected()).toEqual([]);
    await user.keyboard('{Alt>}{ArrowRight}{/Alt}');
    expect(option(0)).toHaveFocus();
  });
});

describe('a click', () => {
  test('opens while nothing is selected', async () => {
    const { user, onOpen } = await open();
    await user.click(option(3));
    expect(onOpen).toHaveBeenCalledExactlyOnceWith(pictures[3]?.id);
    expect(selected()).toEqual([]);
  });

  test('on the check mark selects, and then any click does', async () => {
    const { user, onOpen } = await open();
    const check = option(1).querySelector('[data-check]');
    expect(check).not.toBeNull();
    if (check) await user.click(check);
    await user.click(option(4));
    expect(selected()).toEqual([1, 4]);
    await user.click(option(4));
    expect(selected()).toEqual([1]);
    expect(onOpen).not.toHaveBeenCalled();
  });

  test('with Shift selects everything from the one before', async () => {
    const { user } = await open();
    await user.click(option(1).querySelector('[data-check]') ?? option(1));
    await user.keyboard('{Shift>}');
    await user.click(option(4));
    await user.keyboard('{/Shift}');
    expect(selected()).toEqual([1, 2, 3, 4]);
  });
});

test('more are asked for near the end, while there are more', async () => {
  const { loadMore } = await open({ hasMore: true });
  await waitFor(() => {
    expect(loadMore).toHaveBeenCalled();
  });
  expect(option(0)).toHaveAttribute('aria-setsize', '-1');
});

test('none are asked for when all are there, and each has its position', async () => {
  const { loadMore } = await open();
  expect(loadMore).not.toHaveBeenCalled();
  expect(option(3)).toHaveAttribute('aria-posinset', '4');
  expect(option(3)).toHaveAttribute('aria-setsize', '12');
});
