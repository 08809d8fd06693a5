import { screen, waitFor, within } from '@testing-library/react';
import { describe, expect, test } from 'vitest';

import KeysView from '@/views/keys/KeysView';

import { gateway, problem, Reply } from '../../support/gateway';
import { apiKey } from '../../support/models';
import { show } from '../../support/render';

const KEYS = 'GET /api/v2/keys';
const CREATE = 'POST /api/v2/keys';
const ONE = `DELETE /api/v2/keys/${apiKey().id}`;

function hold(...keys: ReturnType<typeof apiKey>[]) {
  gateway.on(KEYS, () => ({ items: keys, next_cursor: null }));
}

describe('the list of keys', () => {
  test('says what each may do, until when, and when it was used', async () => {
    hold(
      apiKey({ rate_per_minute: 1200, last_used_at: '2026-05-03T10:00:00Z' }),
      apiKey({ id: 'f'.repeat(32), name: 'old', expires_at: '2026-01-01T00:00:00Z', expired: true }),
    );
    show(<KeysView />);
    const table = await screen.findByRole('table', { name: '2 keys' });
    expect(
      within(table).getByRole('row', { name: /web shop read photos\* 1,200 no end May 3, 2026/ }),
    ).toBeVisible();
    expect(
      within(table).getByRole('row', { name: /old read photos\* no limit expired never/ }),
    ).toBeVisible();
  });

  test('says what to do where there is none', async () => {
    hold();
    show(<KeysView />);
    expect(await screen.findByText('No key yet')).toBeVisible();
    expect(screen.queryByRole('table')).toBeNull();
  });

  test('is not for everybody', async () => {
    gateway.on(KEYS, () => problem(403, 'not_allowed'));
    show(<KeysView />);
    expect(await screen.findByRole('alert')).toHaveTextContent('Your key may not do this');
    expect(screen.queryByRole('button', { name: 'New key' })).toBeNull();
  });
});

describe('a new key', () => {
  async function open() {
    hold();
    const view = show(<KeysView />);
    await view.user.click(await screen.findByRole('button', { name: 'New key' }));
    const name = await screen.findByLabelText(/^Name/);
    const fill = async (field: HTMLElement, text: string) => {
      await view.user.click(field);
      await view.user.paste(text);
    };
    return {
      ...view,
      fill,
      name,
      collections: screen.getByLabelText('Collections', { selector: 'input:not([type=hidden])' }),
      create: screen.getByText('Create').closest('button'),
    };
  }

  test('is shown once, to be copied, and is gone with the dialog', async () => {
    gateway.on(CREATE, () => new Reply(201, { ...apiKey(), key: 'lk_the_secret' }));
    const { user, fill, name, collections, create } = await open();
    expect(create).toBeDisabled();
    await fill(name, 'web shop');
    await user.click(screen.getByLabelText(/^Write/));
    await fill(collections, 'photos*');
    await fill(screen.getByLabelText('Requests in a minute'), '600');
    hold(apiKey());
    await user.click(create as HTMLElement);
    expect(await screen.findByLabelText('Key of web shop')).toHaveValue('lk_the_secret');
    const [asked] = gateway.calls(CREATE);
    expect(asked?.body).toMatchObject({
      name: 'web shop',
      actions: ['read', 'write'],
      collections: ['photos*'],
      rate_per_minute: 600,
    });
    const { expires_at: ends } = asked?.body as { expires_at: string };
    expect(new Date(ends).getTime()).toBeGreaterThan(Date.now() + 89 * 86_400_000);
    await user.click(screen.getByText('Done'));
    await waitFor(() => {
      expect(screen.queryByDisplayValue('lk_the_secret')).toBeNull();
    });
    expect(await screen.findByText('web shop')).toBeVisible();
  });

  test('that cannot be made says why', async () => {
    gateway.on(CREATE, () => problem(409, 'no_administrator'));
    const { user, fill, name, collections, create } = await open();
    await fill(name, 'a');
    await fill(collections, '*');
    await user.click(create as HTMLElement);
    expect(await screen.findByText(/^Nobody administers this server/)).toBeVisible();
  });

  test('for what is no pattern is not asked for', async () => {
    const { user, fill, name, collections, create } = await open();
    await fill(name, 'a');
    await fill(collections, 'photos.*');
    expect(await screen.findByText(/^photos\.\*: letters/)).toBeVisible();
    expect(create).toBeDisabled();
  });
});

describe('revoking a key', () => {
  async function ask() {
    hold(apiKey());
    const view = show(<KeysView />);
    await view.user.click(await screen.findByRole('button', { name: 'Revoke web shop' }));
    const dialog = await screen.findByRole('dialog', { name: 'Revoke this key?' });
    return { ...view, dialog, confirm: within(dialog).getByRole('button', { name: 'Revoke' }) };
  }

  test('is asked for first, and then it is gone', async () => {
    gateway.on(ONE, () => new Reply(204, null));
    const { user, confirm } = await ask();
    expect(gateway.calls(ONE)).toEqual([]);
    hold();
    await user.click(confirm);
    expect(await screen.findByText('No key yet')).toBeVisible();
    expect(gateway.calls(ONE)).toHaveLength(1);
  });

  test('that fails says so, and keeps asking', async () => {
    gateway.on(ONE, () => problem(503, 'redis_unavailable'));
    const { user, dialog, confirm } = await ask();
    await user.click(confirm);
    expect(await within(dialog).findByRole('alert')).toHaveTextContent('The job ledger is away');
  });
});
