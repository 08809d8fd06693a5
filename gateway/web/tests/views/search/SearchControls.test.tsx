import { act, screen, waitFor } from '@testing-library/react';
import { describe, expect, test, vi } from 'vitest';

import { MAX_TOP, readSearch, type SearchAddress } from '@/state/address';
import { SearchControls } from '@/views/search/SearchControls';

import { show } from '../../support/render';

function open(changes: Partial<SearchAddress> = {}) {
  const change = vi.fn();
  const address = { ...readSearch(new URLSearchParams()), ...changes };
  return { ...show(<SearchControls address={address} change={change} />), change };
}

async function press(user: ReturnType<typeof open>['user'], slider: string, keys: string) {
  act(() => {
    screen.getByRole('slider', { name: slider }).focus();
  });
  await user.keyboard(keys);
}

describe('the sliders', () => {
  test('show what the address holds', () => {
    open({ top: 50, least: 0.4 });
    expect(screen.getByRole('slider', { name: 'Results' })).toHaveAttribute('aria-valuenow', '50');
    expect(screen.getByText('50')).toBeVisible();
    expect(screen.getByText('0.40')).toBeVisible();
  });

  test('show no smallest score as “any”', () => {
    open();
    expect(screen.getByText('any')).toBeVisible();
  });

  test('move with each key, and change the address once', async () => {
    const { user, change } = open({ top: 24 });
    await press(user, 'Results', '{ArrowRight}{ArrowRight}{ArrowRight}');
    expect(screen.getByText('27')).toBeVisible();
    expect(change).not.toHaveBeenCalled();
    await waitFor(() => {
      expect(change).toHaveBeenCalledExactlyOnceWith({ top: 27 }, { replace: true });
    });
  });

  test('end at the limits', async () => {
    const { user, change } = open();
    await press(user, 'Results', '{End}{ArrowRight}');
    await waitFor(() => {
      expect(change).toHaveBeenCalledExactlyOnceWith({ top: MAX_TOP }, { replace: true });
    });
  });

  test('change the smallest score by hundredths', async () => {
    const { user, change } = open({ least: 0.5 });
    await press(user, 'Smallest score', '{ArrowLeft}');
    await waitFor(() => {
      expect(change).toHaveBeenCalledExactlyOnceWith({ least: 0.49 }, { replace: true });
    });
  });
});

test('a tag is taken on Enter, beside the folder', async () => {
  const { user, change } = open({ folder: '/photos' });
  await user.type(screen.getByRole('textbox', { name: 'With tag' }), 'red{Enter}');
  expect(change).toHaveBeenCalledExactlyOnceWith({ tag: 'red', folder: '/photos' }, { replace: true });
});

test('on a narrow screen they are collapsed, with the number of those that are set', () => {
  const before = globalThis.matchMedia.bind(globalThis);
  vi.stubGlobal('matchMedia', (query: string) => Object.assign(before(query), { matches: false }));
  try {
    open({ top: 50, tag: 'red' });
    expect(screen.getByText('2 set')).toBeVisible();
    expect(screen.getByRole('group')).not.toHaveAttribute('open');
  } finally {
    vi.stubGlobal('matchMedia', before);
  }
});
