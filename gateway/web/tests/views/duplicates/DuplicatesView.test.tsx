import { act, screen, within } from '@testing-library/react';
import { beforeEach, describe, expect, test } from 'vitest';

import {
  answerGroups as answer,
  card,
  FIRST,
  LIST,
  openDuplicates as open,
  SECOND,
} from '../../support/duplicates';
import { gateway, problem, Reply } from '../../support/gateway';
import { group, groupList, job } from '../../support/models';

const FIND = 'POST /api/v2/collections/shoes/duplicates';
const LOOKING = job({
  source: { kind: 'duplicates', min_match: 0.9 },
  total: 12,
  done: 5,
  unchanged: 5,
  indexed: 0,
});

beforeEach(() => {
  answer(FIRST, SECOND);
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
    open('', 'hats');
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
