import { act, screen, waitFor } from '@testing-library/react';
import { beforeEach, describe, expect, test, vi } from 'vitest';

import type { SearchQuestion } from '@/api/search';
import { readSearch, type SearchAddress } from '@/state/address';
import { decisions } from '@/state/decisions';
import { Results } from '@/views/search/Results';
import { useHits } from '@/views/search/useHits';

import { gateway, problem } from '../../support/gateway';
import { hit, ID } from '../../support/models';
import { show } from '../../support/render';
import { measureAs } from '../../support/wide';

const QUERY = 'POST /api/v2/collections/shoes/query';
const HITS = [
  hit({ score: 0.9, match: 0.93 }),
  hit({ score: 0.5, match: 0.6 }),
  hit({ score: 0.1, match: 0.01 }),
].map((one, index) => ({ ...one, id: String(index).repeat(32), uri: `file:///photos/${index}.jpg` }));

function open(changes: Partial<SearchAddress> = {}) {
  const address = { ...readSearch(new URLSearchParams()), ...changes };
  const change = vi.fn();
  const question: SearchQuestion = {
    collection: 'shoes',
    subject: { kind: 'image', id: ID },
    crop: address.crop,
    like: address.like,
    unlike: address.unlike,
    strategy: address.strategy,
    filter: address,
  };
  function Holder() {
    return <Results collection="shoes" found={useHits(question)} address={address} change={change} />;
  }
  return { ...show(<Holder />), change };
}

const replying = (hits: unknown[]) => ({ hits, encoder: '', took_ms: { encode: 0, search: 2, total: 3.4 } });
function answer(hits = HITS) {
  gateway.on(QUERY, () => replying(hits));
}
const option = (name: string | RegExp) => screen.findByRole('option', { name });

beforeEach(() => {
  measureAs(800);
});

describe('the results', () => {
  test('are asked for as the address says, crop and examples without an upload', async () => {
    answer();
    open({
      tag: 'red',
      folder: '/photos',
      where: [{ field: 'folder', is: 'not', value: '/photos/old' }],
      crop: { x: 0, y: 0.5, width: 1, height: 0.5 },
      like: ['c'.repeat(32)],
      unlike: ['d'.repeat(32)],
      strategy: 'best_score',
    });
    expect(await screen.findByText('3 results')).toBeVisible();
    expect(gateway.calls(QUERY)[0]?.body).toMatchObject({
      top_k: 60,
      offset: 0,
      positive: [{ image: ID, crop: { x: 0, y: 0.5, width: 1, height: 0.5 } }, { image: 'c'.repeat(32) }],
      negative: [{ image: 'd'.repeat(32) }],
      strategy: 'best_score',
      filter: {
        must: [{ field: 'tags', any: ['red'] }, { folder: '/photos' }],
        must_not: [{ folder: '/photos/old' }],
      },
    });
  });

  test('are named by a word, with the numbers as their description', async () => {
    answer();
    open();
    expect(await option('1. 0.jpg, copy')).toHaveAccessibleDescription(
      'match 0.930, score 0.900, distance 0.447',
    );
    expect(await option('2. 1.jpg, very alike')).toBeVisible();
    expect(await option('3. 2.jpg, score 0.100')).toBeVisible();
  });

  test('leave out what matches less than the least', async () => {
    answer();
    open({ least: 0.4 });
    expect(await screen.findByText('2 results with a match of 0.40 or more')).toBeVisible();
    expect(await option(/1\.jpg/)).toBeVisible();
    expect(screen.queryByRole('option', { name: /2\.jpg/ })).toBeNull();
  });

  test('are left out by their score where there is no match', async () => {
    answer(HITS.map((one) => ({ ...one, match: null as never })));
    open({ least: 0.4 });
    expect(await screen.findByText('2 results with a score of 0.40 or more')).toBeVisible();
  });

  test('say what would show more where all match less', async () => {
    answer();
    open({ least: 0.95 });
    expect(await screen.findByText(/Lower the smallest match/)).toBeVisible();
  });

  test('go on past the first page, each picture once', async () => {
    const many = Array.from({ length: 61 }, (_, index) =>
      hit({ id: index.toString(16).padStart(32, '0'), uri: `file:///photos/${index}.jpg` }),
    );
    gateway.on(QUERY, ({ body }) =>
      replying((body as { offset: number }).offset === 0 ? many.slice(0, 60) : many.slice(59)),
    );
    // Near the end of the first page.
    open({ open: many[58]?.id });
    expect(await screen.findByText('61 results')).toBeVisible();
    expect(gateway.calls(QUERY).map(({ body }) => body)).toMatchObject([
      { top_k: 60, offset: 0 },
      { top_k: 200, offset: 60 },
    ]);
  });

  test('that are all being forgotten are no empty collection', async () => {
    answer();
    open();
    expect(await screen.findByText('3 results')).toBeVisible();
    act(() => {
      decisions.add({
        collection: 'shoes',
        hides: { images: HITS.map(({ id }) => id) },
        forgets: 3,
        send: () => Promise.resolve(),
        onDone: () => Promise.resolve(),
        onFailed: () => Promise.resolve(),
      });
    });
    expect(await screen.findByText('All that was found is forgotten.')).toBeVisible();
    act(() => {
      decisions.undo();
    });
    expect(screen.getByText('3 results')).toBeVisible();
  });

  test('go on to the next page where all of the first is being forgotten', async () => {
    const many = Array.from({ length: 61 }, (_, index) =>
      hit({ id: index.toString(16).padStart(32, '0'), uri: `file:///photos/${index}.jpg` }),
    );
    gateway.on(QUERY, ({ body }) =>
      replying((body as { offset: number }).offset === 0 ? many.slice(0, 60) : many.slice(60)),
    );
    decisions.add({
      collection: 'shoes',
      hides: { images: many.slice(0, 60).map(({ id }) => id) },
      forgets: 60,
      send: () => Promise.resolve(),
      onDone: () => Promise.resolve(),
      onFailed: () => Promise.resolve(),
    });
    open();
    expect(await screen.findByText('1 result')).toBeVisible();
    act(() => {
      decisions.undo();
    });
  });

  test.each([
    [{ tag: 'red' }, /No picture matches the filter/],
    [{ where: [{ field: 'width', is: 'least' as const, value: '9000' }] }, /No picture matches/],
    [{}, /The collection is empty/],
  ])('that are none with %j say why', async (changes, why) => {
    answer([]);
    open(changes);
    expect(await screen.findByText(why)).toBeVisible();
  });

  test('open the picture that is clicked', async () => {
    answer();
    const { user, change } = open();
    await user.click(await option(/^2\. /));
    expect(change).toHaveBeenCalledWith({ open: HITS[1]?.id });
  });

  test('become examples by plus and minus, mouse and keys', async () => {
    answer();
    const { user, change } = open({ like: ['c'.repeat(32)] });
    await user.click((await option(/^2\. /)).querySelector('[data-side="unlike"]') ?? document.body);
    expect(change).toHaveBeenLastCalledWith({ like: ['c'.repeat(32)], unlike: [HITS[1]?.id] });
    (await option(/^1\. /)).focus();
    await user.keyboard('+');
    expect(change).toHaveBeenLastCalledWith({ like: ['c'.repeat(32), HITS[0]?.id], unlike: [] });
  });

  test('are selected, to be tagged or forgotten', async () => {
    answer();
    const { user } = open();
    await user.click((await option(/^2\. /)).querySelector('[data-check]') ?? document.body);
    expect(await screen.findByRole('toolbar', { name: 'Selected pictures' })).toHaveTextContent('1 selected');
  });

  test('that could not be had can be asked for again', async () => {
    gateway.on(QUERY, () => problem(504, 'encode_timeout'));
    const { user } = open();
    expect(await screen.findByRole('alert')).toHaveTextContent('The encoder took too long');
    answer();
    await user.click(screen.getByRole('button', { name: 'Try again' }));
    await waitFor(() => {
      expect(screen.getByText('3 results')).toBeVisible();
    });
  });
});
