import { notifications } from '@mantine/notifications';
import { act, fireEvent, screen, waitFor, within } from '@testing-library/react';
import type { UserEvent } from '@testing-library/user-event';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { forgetImages, refresh } from '@/api/images';
import { decisions } from '@/state/decisions';

import {
  answerGroups as answer,
  card,
  FIRST,
  LIST,
  openDuplicates as open,
  SECOND,
} from '../../support/duplicates';
import { gateway, problem, Reply } from '../../support/gateway';

beforeEach(() => {
  answer(FIRST, SECOND);
});

afterEach(() => {
  act(() => {
    decisions.undo();
    notifications.clean();
  });
});

const RESOLVE = `POST /api/v2/collections/shoes/duplicates/${FIRST.id}/resolve`;
const DISMISS = `POST /api/v2/collections/shoes/duplicates/${FIRST.id}/dismiss`;
const send = () => act(() => decisions.flush());
const undo = () => screen.findByRole('button', { name: 'Undo' });
const forgetIn = async (user: UserEvent, region: HTMLElement) => {
  await user.click(within(region).getByRole('button', { name: /^Keep one, forget/ }));
  const dialog = await screen.findByRole('dialog');
  expect(dialog).toHaveTextContent('You can undo this for a few seconds.');
  await user.click(within(dialog).getByRole('button', { name: 'Forget' }));
};

describe('the others are forgotten', () => {
  test('after a question and a while, and the group is gone at once', async () => {
    gateway.on(RESOLVE, () => ({ deleted: 1 }));
    const { user } = open();
    const first = await card(/Group 1 of 2/);
    await user.click(within(first).getByRole('radio', { name: /Keep b.jpg/ }));
    await user.click(within(first).getByRole('button', { name: 'Keep one, forget 1…' }));
    const dialog = await screen.findByRole('dialog', { name: 'Forget this picture?' });
    expect(dialog).toHaveTextContent('a.jpg will not be found any more. The file in its folder stays');
    await user.click(within(dialog).getByRole('button', { name: 'Forget' }));
    expect(await card(/Group 1 of 1: 3 equal files/)).toBeVisible();
    expect(decisions.hiddenIn('shoes')).toEqual(new Set(['a'.repeat(32)]));
    expect(await screen.findByText('1 picture forgotten.')).toBeVisible();
    expect(gateway.calls(RESOLVE)).toEqual([]);
    await send();
    expect(gateway.calls(RESOLVE)).toMatchObject([{ body: { keep: ['b'.repeat(32)] }, keepalive: true }]);
    expect(await card(/Group 1 of 1: 3 equal files/)).toBeVisible();
    expect(screen.queryByRole('region', { name: /2 equal files/ })).toBeNull();
  });

  test('not if that is undone', async () => {
    const { user } = open();
    await forgetIn(user, await card(/Group 1 of 2/));
    await card(/Group 1 of 1/);
    await user.click(await undo());
    expect(await card(/Group 1 of 2: 2 equal files/)).toBeVisible();
    await send();
    expect(gateway.calls(RESOLVE)).toEqual([]);
  });

  test('only once what was decided elsewhere of the one to keep is', async () => {
    const forget = 'DELETE /api/v2/collections/shoes/images';
    gateway.on(RESOLVE, () => problem(409, 'image_gone'));
    gateway.on(forget, () => ({ deleted: 1 }));
    const { user, client } = open();
    await forgetIn(user, await card(/Group 1 of 2/));
    decisions.add({
      collection: 'shoes',
      hides: { images: ['a'.repeat(32)] },
      forgets: 1,
      send: (leaves) => forgetImages('shoes', ['a'.repeat(32)], leaves),
      onDone: () => refresh(client, 'shoes', ['duplicates']),
      onFailed: () => Promise.resolve(),
    });
    await send();
    const asked = gateway.asked.map(({ method, path }) => `${method} ${path}`);
    expect(asked.indexOf(forget)).toBeGreaterThan(-1);
    expect(asked.indexOf(RESOLVE)).toBeGreaterThan(asked.indexOf(forget));
    expect(await screen.findByText(/1 picture not forgotten\. The picture to keep is gone/)).toBeVisible();
  });

  test('and one that is being forgotten elsewhere cannot be kept', async () => {
    answer(SECOND, FIRST);
    decisions.add({
      collection: 'shoes',
      hides: { images: ['a', 'c'].map((letter) => letter.repeat(32)) },
      forgets: 2,
      send: () => Promise.resolve(),
      onDone: () => Promise.resolve(),
      onFailed: () => Promise.resolve(),
    });
    open();
    const group = await card(/Group 1 of 1: 2 equal files/);
    expect(within(group).queryByRole('radio', { name: /Keep c.jpg/ })).toBeNull();
    expect(within(group).getByRole('radio', { name: /Keep d.jpg/ })).toBeChecked();
    expect(within(group).getByRole('button', { name: 'Keep one, forget 1…' })).toBeVisible();
  });

  test('not where the gateway refuses, and the group is there again', async () => {
    gateway.on(RESOLVE, () => problem(409, 'image_gone'));
    const { user } = open();
    await forgetIn(user, await card(/Group 1 of 2/));
    await card(/Group 1 of 1/);
    const read = gateway.calls(LIST).length;
    await send();
    expect(await screen.findByText(/1 picture not forgotten\. The picture to keep is gone/)).toBeVisible();
    expect(await card(/Group 1 of 2: 2 equal files/)).toBeVisible();
    expect(gateway.calls(LIST).length).toBeGreaterThan(read);
  });
});

describe('a group that is none', () => {
  test('is dismissed after a while, and the next one has the focus at once', async () => {
    gateway.on(DISMISS, () => new Reply(204, null));
    const { user } = open();
    const first = await card(/Group 1 of 2/);
    await user.click(within(first).getByRole('button', { name: 'Not duplicates' }));
    const second = await card(/Group 1 of 1: 3 equal files/);
    await waitFor(() => {
      expect(within(second).getByRole('radio', { name: /Keep c.jpg/ })).toHaveFocus();
    });
    expect(await screen.findByText('1 group dismissed.')).toBeVisible();
    expect(gateway.calls(DISMISS)).toEqual([]);
    await send();
    expect(gateway.calls(DISMISS)).toMatchObject([{ keepalive: true }]);
    expect(await card(/Group 1 of 1/)).toBeVisible();
  });

  test('comes back by Undo', async () => {
    const { user } = open();
    const first = await card(/Group 1 of 2/);
    await user.click(within(first).getByRole('button', { name: 'Not duplicates' }));
    await card(/Group 1 of 1/);
    await user.click(await undo());
    expect(await card(/Group 1 of 2: 2 equal files/)).toBeVisible();
    await send();
    expect(gateway.calls(DISMISS)).toEqual([]);
  });

  test('is not dismissed by a key that is held, nor is anything forgotten', async () => {
    open();
    const first = within(await card(/Group 1 of 2/)).getByRole('radio', { name: /Keep a.jpg/ });
    for (const key of ['n', 'f', 'N']) fireEvent.keyDown(first, { key, repeat: true });
    expect(decisions.open()).toEqual([]);
    expect(screen.queryByRole('dialog')).toBeNull();
    fireEvent.keyDown(first, { key: 'j', repeat: true });
    expect(screen.getByRole('radio', { name: /Keep c.jpg/ })).toHaveFocus();
  });
});

test('the keyboard moves, chooses, forgets and dismisses', async () => {
  const dismiss = `POST /api/v2/collections/shoes/duplicates/${SECOND.id}/dismiss`;
  gateway.on(dismiss, () => new Reply(204, null));
  const { user } = open();
  const first = await card(/Group 1 of 2/);
  act(() => {
    within(first)
      .getByRole('radio', { name: /Keep a.jpg/ })
      .focus();
  });
  await user.keyboard('{ArrowRight}');
  expect(within(first).getByRole('radio', { name: /Keep b.jpg/ })).toBeChecked();
  await user.keyboard('f');
  const dialog = await screen.findByRole('dialog', { name: 'Forget this picture?' });
  expect(dialog).toHaveTextContent('a.jpg');
  await user.click(within(dialog).getByRole('button', { name: 'Keep' }));
  await waitFor(() => {
    expect(screen.queryByRole('dialog')).toBeNull();
  });
  act(() => {
    within(first)
      .getByRole('radio', { name: /Keep b.jpg/ })
      .focus();
  });
  await user.keyboard('j');
  expect(screen.getByRole('radio', { name: /Keep c.jpg/ })).toHaveFocus();
  await user.keyboard('k');
  expect(within(first).getByRole('radio', { name: /Keep b.jpg/ })).toHaveFocus();
  await user.keyboard('jn');
  expect(await card(/Group 1 of 1: 2 equal files/)).toBeVisible();
  await send();
  expect(gateway.calls(dismiss)).toHaveLength(1);
});
