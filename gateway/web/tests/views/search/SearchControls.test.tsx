import { act, screen, waitFor } from '@testing-library/react';
import { describe, expect, test, vi } from 'vitest';

import { readSearch, type SearchAddress } from '@/state/address';
import { SearchControls } from '@/views/search/SearchControls';

import { show } from '../../support/render';

function open(changes: Partial<SearchAddress> = {}, scale: 'match' | 'score' = 'match') {
  const change = vi.fn();
  const address = { ...readSearch(new URLSearchParams()), ...changes };
  return {
    ...show(
      <SearchControls
        collection="shoes"
        scale={scale}
        faults={new Map()}
        address={address}
        change={change}
      />,
    ),
    change,
  };
}

async function press(user: ReturnType<typeof open>['user'], slider: string, keys: string) {
  act(() => {
    screen.getByRole('slider', { name: slider }).focus();
  });
  await user.keyboard(keys);
}

describe('the slider', () => {
  test('shows what the address holds, of what the collection has', () => {
    open({ least: 0.4 });
    expect(screen.getByRole('slider', { name: 'Smallest match' })).toHaveAttribute('aria-valuenow', '0.4');
    expect(screen.getByText('0.40')).toBeVisible();
  });

  test('shows none as “any”', () => {
    open({}, 'score');
    expect(screen.getByRole('slider', { name: 'Smallest score' })).toBeInTheDocument();
    expect(screen.getByText('any')).toBeVisible();
  });

  test('moves with each key, and changes the address once', async () => {
    const { user, change } = open({ least: 0.24 });
    await press(user, 'Smallest match', '{ArrowRight}{ArrowRight}{ArrowRight}');
    expect(screen.getByText('0.27')).toBeVisible();
    expect(change).not.toHaveBeenCalled();
    await waitFor(() => {
      expect(change).toHaveBeenCalledExactlyOnceWith({ least: 0.27 }, { replace: true });
    });
  });

  test('ends at the limit', async () => {
    const { user, change } = open();
    await press(user, 'Smallest match', '{End}{ArrowRight}');
    await waitFor(() => {
      expect(change).toHaveBeenCalledExactlyOnceWith({ least: 1 }, { replace: true });
    });
  });
});

test('a tag is taken on Enter, beside the folder', async () => {
  const { user, change } = open({ folder: '/photos' });
  await user.type(screen.getByRole('combobox', { name: 'With tag' }), 'red{Enter}');
  expect(change).toHaveBeenCalledExactlyOnceWith(
    { tag: 'red', folder: '/photos', where: [] },
    { replace: true },
  );
});

test('on a narrow screen they are collapsed, with the number of those that are set', () => {
  const before = globalThis.matchMedia.bind(globalThis);
  vi.stubGlobal('matchMedia', (query: string) => Object.assign(before(query), { matches: false }));
  try {
    open({ least: 0.5, tag: 'red' });
    expect(screen.getByText('2 set')).toBeVisible();
    expect(screen.getByText('Narrow the search').closest('details')).not.toHaveAttribute('open');
  } finally {
    vi.stubGlobal('matchMedia', before);
  }
});
