import { screen, waitFor, within } from '@testing-library/react';
import { describe, expect, test } from 'vitest';

import SystemView from '@/views/system/SystemView';

import { gateway, problem } from '../../support/gateway';
import { system } from '../../support/models';
import { show } from '../../support/render';

const SIGN_OUT = 'DELETE /api/v2/session';

test('what runs, what waits and in which versions', async () => {
  gateway.on('GET /api/v2/system', () =>
    system({ queues: { encode: 1204 }, versions: { lookalike: '0.1.0' }, jobs_active: 2 }),
  );
  show(<SystemView />);
  const workers = await screen.findByRole('region', { name: 'Table of workers' });
  expect(
    within(workers).getByRole('row', { name: /query@machine query cpu openvino, bfloat16 61\.2/ }),
  ).toBeVisible();
  expect(screen.getByText('1,204')).toBeVisible();
  expect(screen.getByText('0.1.0')).toBeVisible();
  expect(screen.getByText('/photos')).toBeVisible();
});

test('no worker is said to be none', async () => {
  gateway.on('GET /api/v2/system', () =>
    system({ workers: [], weights: null, encoder: null, image_roots: [] }),
  );
  show(<SystemView />);
  expect(await screen.findByText('No worker has told of itself lately.')).toBeVisible();
  expect(screen.getByText('none was seen yet')).toBeVisible();
});

describe('signing out', () => {
  const button = () => screen.findByRole('button', { name: 'Sign out' });

  test('is not offered where no key was asked for', async () => {
    show(<SystemView />);
    await screen.findByText('Workers');
    expect(screen.queryByRole('button', { name: 'Sign out' })).toBeNull();
  });

  test('ends the session, and reads everything again', async () => {
    localStorage.setItem('lookalike.signed-in', 'true');
    gateway.on(SIGN_OUT, () => new Response(null, { status: 204 }));
    const { user } = show(<SystemView />);
    const before = gateway.calls('GET /api/v2/system').length;
    await user.click(await button());
    await waitFor(() => {
      expect(screen.queryByRole('button', { name: 'Sign out' })).toBeNull();
    });
    expect(gateway.calls(SIGN_OUT)).toHaveLength(1);
    expect(localStorage.getItem('lookalike.signed-in')).toBe('false');
    await waitFor(() => {
      expect(gateway.calls('GET /api/v2/system').length).toBeGreaterThan(before);
    });
  });

  test('that fails keeps the session', async () => {
    localStorage.setItem('lookalike.signed-in', 'true');
    gateway.on(SIGN_OUT, () => problem(403, 'foreign_origin'));
    const { user } = show(<SystemView />);
    await user.click(await button());
    await waitFor(() => {
      expect(gateway.calls(SIGN_OUT)).toHaveLength(1);
    });
    expect(await button()).toBeEnabled();
  });
});
