import { Notifications, notifications } from '@mantine/notifications';
import { act, fireEvent, screen, waitFor, within } from '@testing-library/react';
import type { UserEvent } from '@testing-library/user-event';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { forgetImages, refresh } from '@/api/images';
import { UndoNotice } from '@/components/UndoNotice';
import { decisions } from '@/state/decisions';
import { LiveJobsProvider } from '@/state/liveJobs';
import DuplicatesView from '@/views/duplicates/DuplicatesView';

import { gateway, problem, Reply } from '../../support/gateway';
import { group, groupList, image, job } from '../../support/models';
import { show } from '../../support/render';

const LIST = 'GET /api/v2/collections/shoes/duplicates';
const FIND = 'POST /api/v2/collections/shoes/duplicates';
const FIRST = group({ id: '1'.repeat(32) });
const SECOND = group({
  id: '2'.repeat(32),
  images: ['c', 'd', 'e'].map((letter) =>
    image({ id: letter.repeat(32), uri: `file:///photos/web/${letter}.jpg` }),
  ),
  size: 3,
  suggested_keep: 'c'.repeat(32),
});
const LOOKING = job({
  source: { kind: 'duplicates', min_match: 0.9 },
  total: 12,
  done: 5,
  unchanged: 5,
  indexed: 0,
});

const open = (more = '') =>
  show(
    <LiveJobsProvider>
      <Notifications />
      <UndoNotice />
      <DuplicatesView />
    </LiveJobsProvider>,
    { address: `/duplicates?collection=shoes${more}` },
  );
const answer = (...groups: ReturnType<typeof group>[]) => {
  gateway.on(LIST, () => groupList({ items: groups, count: groups.length }));
};
const card = (name: RegExp) => screen.findByRole('region', { name });

beforeEach(() => {
  answer(FIRST, SECOND);
});

afterEach(() => {
  act(() => {
    decisions.undo();
    notifications.clean();
  });
});

test('groups are shown side by side, the picture to keep chosen', async () => {
  open();
  const first = await card(/Group 1 of 2: 2 equal files/);
  expect(within(first).getByRole('radio', { name: 'Keep a.jpg, suggested' })).toBeChecked();
  expect(within(first).getByRole('radio', { name: /Keep b.jpg/ })).not.toBeChecked();
  expect(within(first).getAllByText('/photos')).toHaveLength(2);
  expect(await card(/Group 2 of 2: 3 equal files/)).toBeVisible();
  expect(screen.getByText(/2 groups of equal files, among 1,200 pictures/)).toBeVisible();
  expect(gateway.calls(LIST)[0]?.query).toEqual({ grade: 'identical', limit: '50' });
  expect(document.title).toMatch(/^shoes · Duplicates/);
});

test('the grade is chosen, and stands in the address', async () => {
  const { user } = open();
  await card(/Group 1/);
  answer(group({ grade: 'copy', match: 0.951 }));
  await user.click(screen.getByRole('radio', { name: 'Copies' }));
  expect(await card(/Group 1 of 1: 2 copies/)).toHaveTextContent('match 0.95');
  expect(window.location.search).toBe('?collection=shoes&grade=copy');
  expect(gateway.calls(LIST).at(-1)?.query.grade).toBe('copy');
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

test('further groups are shown on request', async () => {
  gateway.on(LIST, ({ query }) =>
    query.cursor === 'next'
      ? groupList({ items: [SECOND], count: 2 })
      : groupList({ items: [FIRST], count: 2, next_cursor: 'next' }),
  );
  const { user } = open();
  await card(/Group 1 of 2/);
  await user.click(screen.getByRole('button', { name: 'Show more groups' }));
  expect(await card(/Group 2 of 2/)).toBeVisible();
  expect(screen.queryByRole('button', { name: 'Show more groups' })).toBeNull();
});

test('a large group says how many of it are not shown', async () => {
  answer(group({ size: 1202 }));
  open();
  expect(await card(/1,202 equal files/)).toHaveTextContent('and 1,200 more pictures');
  expect(screen.getByRole('button', { name: 'Keep one, forget 1,201…' })).toBeVisible();
});

describe('nothing to show', () => {
  test('before anybody has looked offers to do so, and shows how far that is', async () => {
    gateway.on(LIST, () => problem(404, 'duplicates_not_computed'));
    gateway.on(FIND, () => new Reply(202, LOOKING));
    const { user } = open();
    await user.click(await screen.findByRole('button', { name: 'Find duplicates' }));
    const bar = await screen.findByRole('progressbar', { name: 'Progress of the search for duplicates' });
    expect(bar).toHaveAttribute('aria-valuetext', '5 of 12');
    expect(screen.getByText('looked at')).toBeVisible();
    expect(screen.queryByText('Nobody has looked for duplicates yet')).toBeNull();
  });

  test('the groups are there once the job has ended', async () => {
    gateway.on(LIST, () => problem(404, 'duplicates_not_computed'));
    gateway.on('GET /api/v2/jobs', () => ({ items: [LOOKING], next_cursor: null }));
    open();
    await screen.findByRole('progressbar');
    const done = job({ ...LOOKING, status: 'done', finished: true, done: 12, unchanged: 12 });
    answer(FIRST);
    gateway.on('GET /api/v2/jobs', () => ({ items: [done], next_cursor: null }));
    act(() => {
      gateway.streams[0]?.say('end', done);
    });
    expect(await card(/Group 1 of 1/)).toBeVisible();
    expect(screen.queryByRole('progressbar')).toBeNull();
    expect(screen.getByRole('button', { name: 'Look again' })).toBeEnabled();
  });

  test('of a grade', async () => {
    answer();
    open('&grade=similar');
    expect(await screen.findByText('No further pictures are similar')).toBeVisible();
  });

  test('without a match curve says why', async () => {
    const { computed } = groupList({});
    gateway.on(LIST, () => groupList({ computed: { ...computed, identical_only: true } }));
    open('&grade=copy');
    expect(await screen.findByText('Only equal files can be found here')).toBeVisible();
    expect(screen.queryByText('No picture is a copy of another')).toBeNull();
  });

  test('of a collection that does not exist asks for nothing', async () => {
    show(
      <LiveJobsProvider>
        <DuplicatesView />
      </LiveJobsProvider>,
      { address: '/duplicates?collection=hats' },
    );
    expect(await screen.findByText('There is no collection “hats” yet')).toBeVisible();
    expect(gateway.calls('GET /api/v2/collections/hats/duplicates')).toEqual([]);
  });

  test('because of an error says which', async () => {
    gateway.on(LIST, () => problem(503, 'redis_unavailable'));
    gateway.on(FIND, () => problem(429, 'queue_full'));
    const { user } = open();
    expect(await screen.findByRole('alert')).toHaveTextContent('The job ledger is away');
    await user.click(screen.getByRole('button', { name: 'Find duplicates' }));
    expect(await screen.findByText('Too much is waiting')).toBeVisible();
  });
});
