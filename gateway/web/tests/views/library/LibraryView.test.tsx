import { act, fireEvent, screen, waitFor, within } from '@testing-library/react';
import { beforeEach, describe, expect, test } from 'vitest';

import { decisions } from '@/state/decisions';
import LibraryView from '@/views/library/LibraryView';

import { gateway, problem } from '../../support/gateway';
import { collection, image } from '../../support/models';
import { show } from '../../support/render';
import { measureAs } from '../../support/wide';

const IMAGES = 'GET /api/v2/collections/shoes/images';
const pictures = ['a', 'b', 'c'].map((letter) =>
  image({ id: letter.repeat(32), uri: `file:///photos/${letter}.jpg` }),
);

const open = (more = '') => show(<LibraryView />, { address: `/library?collection=shoes${more}` });
const answer = (items = pictures, next_cursor: string | null = null) => {
  gateway.on(IMAGES, () => ({ items, next_cursor }));
};
const option = (letter: string) => screen.findByRole('option', { name: `${letter}.jpg` });

beforeEach(() => {
  measureAs(800);
  answer();
});

test('the pictures are listed newest first', async () => {
  open();
  expect(await screen.findAllByRole('option')).toHaveLength(3);
  expect(gateway.calls(IMAGES)[0]?.query).toEqual({ limit: '200', order: '-added_at' });
  expect(document.title).toMatch(/^shoes · Library/);
});

test('filter and order of the address are asked for', async () => {
  open('&tag=red&folder=%2Fphotos&order=added_at');
  expect(await option('a')).toHaveAttribute('aria-setsize', '3');
  expect(gateway.calls(IMAGES)[0]?.query).toEqual({
    limit: '200',
    order: 'added_at',
    filter: JSON.stringify({ must: [{ field: 'tags', any: ['red'] }, { folder: '/photos' }] }),
  });
});

test.each([
  ['-added_at', { lt: new Date('2026-03-30T00:00') }],
  ['added_at', { gte: new Date('2026-03-29T00:00') }],
])('a list that is ordered by %s begins with the day of the address', async (order, range) => {
  open(`&day=2026-03-29&order=${order}`);
  expect(await option('a')).toHaveAttribute('aria-setsize', '3');
  const filter = gateway.calls(IMAGES)[0]?.query.filter ?? '';
  expect(JSON.parse(filter)).toEqual({
    must: [{ field: 'added_at', range: JSON.parse(JSON.stringify(range)) as unknown }],
  });
});

test('a day is chosen, and cleared', async () => {
  open();
  await option('a');
  const day = screen.getByLabelText('Starting on');
  fireEvent.change(day, { target: { value: '2026-03-29' } });
  fireEvent.blur(day);
  await waitFor(() => {
    expect(gateway.calls(IMAGES).at(-1)?.query.filter).toContain('"added_at"');
  });
  fireEvent.click(screen.getByRole('button', { name: 'Any day' }));
  await waitFor(() => {
    expect(day).toHaveValue('');
  });
  expect(await option('a')).toBeVisible();
  expect(window.location.search).not.toContain('day');
});

test('the next page is loaded once the end is near', async () => {
  gateway.on(IMAGES, ({ query }) =>
    query.cursor === 'next'
      ? { items: pictures.slice(2), next_cursor: null }
      : { items: pictures.slice(0, 2), next_cursor: 'next' },
  );
  open();
  expect(await option('c')).toHaveAttribute('aria-posinset', '3');
  expect(gateway.calls(IMAGES).map(({ query }) => query.cursor)).toEqual([undefined, 'next']);
});

describe('nothing to show', () => {
  test('while it loads says nothing yet', async () => {
    gateway.on(IMAGES, () => new Promise(() => undefined));
    open();
    await waitFor(() => {
      expect(gateway.calls(IMAGES)).toHaveLength(1);
    });
    expect(screen.queryByText('Nothing is in here yet')).toBeNull();
    expect(screen.queryByRole('listbox')).toBeNull();
  });

  test('in an empty collection leads to Loading', async () => {
    answer([]);
    gateway.on('GET /api/v2/collections', () => ({ items: [collection({ count: 0 })], next_cursor: null }));
    open();
    expect(await screen.findByText('Nothing is in here yet')).toBeVisible();
    expect(screen.getByRole('link', { name: 'Load pictures' })).toHaveAttribute(
      'href',
      '/loading?collection=shoes',
    );
    expect(screen.queryByRole('combobox', { name: 'With tag' })).toBeNull();
  });

  test('under a filter says to clear it, and keeps its fields', async () => {
    answer([]);
    open('&tag=red');
    expect(await screen.findByText('No picture matches')).toBeVisible();
    expect(screen.queryByRole('link', { name: 'Load pictures' })).toBeNull();
    expect(screen.getByRole('combobox', { name: 'With tag' })).toHaveValue('red');
  });

  test('of a collection that does not exist asks for nothing', async () => {
    show(<LibraryView />, { address: '/library?collection=hats' });
    expect(await screen.findByText('There is no collection “hats” yet')).toBeVisible();
    expect(gateway.calls('GET /api/v2/collections/hats/images')).toEqual([]);
  });

  test('because of an error says which', async () => {
    gateway.on(IMAGES, () => problem(422, 'path_outside_roots'));
    open('&folder=%2Fetc');
    expect(await screen.findByRole('alert')).toHaveTextContent('This path is not open to Lookalike');
  });
});

describe('all that was loaded being forgotten', () => {
  const forget = (...letters: string[]) => {
    decisions.add({
      collection: 'shoes',
      hides: { images: letters.map((letter) => letter.repeat(32)) },
      forgets: letters.length,
      send: () => Promise.resolve(),
      onDone: () => Promise.resolve(),
      onFailed: () => Promise.resolve(),
    });
    return () => {
      decisions.undo();
    };
  };

  test('the next page is loaded', async () => {
    gateway.on(IMAGES, ({ query }) =>
      query.cursor === 'next'
        ? { items: pictures.slice(2), next_cursor: null }
        : { items: pictures.slice(0, 2), next_cursor: 'next' },
    );
    const undo = forget('a', 'b');
    open();
    expect(await option('c')).toHaveAttribute('aria-posinset', '1');
    expect(screen.queryByText('Nothing is in here yet')).toBeNull();
    act(undo);
  });

  test('and no other being there is no empty collection', async () => {
    const undo = forget('a', 'b', 'c');
    open();
    expect(await screen.findByText('All of these are forgotten')).toBeVisible();
    expect(screen.queryByText('Nothing is in here yet')).toBeNull();
    act(undo);
    expect(await option('a')).toBeVisible();
  });
});

test('a new filter drops the selection', async () => {
  const { user } = open();
  await user.click((await option('b')).querySelector('[data-check]') ?? document.body);
  expect(screen.getByText('1 selected')).toBeVisible();
  await user.type(screen.getByRole('combobox', { name: 'With tag' }), 'red{Enter}');
  await waitFor(() => {
    expect(gateway.calls(IMAGES).at(-1)?.query.filter).toContain('"red"');
  });
  expect(screen.queryByText('1 selected')).toBeNull();
  expect(window.location.search).toBe('?collection=shoes&tag=red');
});

test('a picture that is opened is in the address, and can be searched with', async () => {
  for (const one of pictures) gateway.on(`${IMAGES}/${one.id}`, () => one);
  const { user } = open();
  await user.click(await option('b'));
  const dialog = await screen.findByRole('dialog', { name: 'b.jpg' });
  expect(window.location.search).toContain(`open=${pictures[1]?.id ?? ''}`);
  expect(within(dialog).getByText('2 of 3')).toBeVisible();
  await user.click(within(dialog).getByRole('button', { name: 'Find similar' }));
  expect(window.location.pathname).toBe('/');
  expect(window.location.search).toContain(`image=${pictures[1]?.id ?? ''}`);
});
