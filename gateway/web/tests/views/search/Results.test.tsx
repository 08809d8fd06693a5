import { screen, waitFor } from '@testing-library/react';
import { describe, expect, test, vi } from 'vitest';

import { readSearch, type SearchAddress } from '@/state/address';
import { Results } from '@/views/search/Results';

import { gateway, problem } from '../../support/gateway';
import { hit, ID } from '../../support/models';
import { show } from '../../support/render';

const SIMILAR = `GET /api/v2/collections/shoes/images/${ID}/similar`;
const HITS = [0.9, 0.5, 0.1].map((score, index) =>
  hit({ id: String(index).repeat(32), uri: `file:///photos/${index}.jpg`, score }),
);

function open(changes: Partial<SearchAddress> = {}) {
  const address = { ...readSearch(new URLSearchParams()), ...changes };
  const change = vi.fn();
  const question = {
    collection: 'shoes',
    subject: { kind: 'image' as const, id: ID },
    crop: address.crop,
    topK: address.top,
    filter: { tag: address.tag, folder: address.folder },
  };
  return { ...show(<Results question={question} address={address} change={change} />), change };
}

function answer(hits = HITS) {
  gateway.on(SIMILAR, () => ({ hits, encoder: '', took_ms: { encode: 0, search: 2, total: 3.4 } }));
}

describe('the results', () => {
  test('are asked for as the address says', async () => {
    answer();
    open({ top: 50, tag: 'red', folder: '/photos' });
    expect(await screen.findByText('3 results')).toBeVisible();
    expect(gateway.calls(SIMILAR)[0]?.query).toEqual({ top_k: '50', tag: 'red', path_prefix: '/photos' });
  });

  test('leave out what scores less than the least', async () => {
    answer();
    open({ least: 0.4 });
    expect(await screen.findByText('2 of 3 results score 0.40 or more')).toBeVisible();
    expect(screen.getByRole('button', { name: '2. 1.jpg, score 0.500' })).toBeInTheDocument();
    expect(screen.queryByRole('button', { name: /2\.jpg/ })).toBeNull();
  });

  test('say what would show more where all score less', async () => {
    answer();
    open({ least: 0.95 });
    expect(await screen.findByText(/Lower the smallest score/)).toBeVisible();
  });

  test.each([
    [{ tag: 'red' }, /No picture matches the tag and folder/],
    [{}, /The collection is empty/],
  ])('that are none with %j say why', async (changes, why) => {
    answer([]);
    open(changes);
    expect(await screen.findByText(why)).toBeVisible();
  });

  test('show the measure that is chosen', async () => {
    answer();
    const { user, change } = open({ measure: 'distance' });
    expect(await screen.findByRole('button', { name: '1. 0.jpg, distance 0.447' })).toBeInTheDocument();
    await user.click(screen.getByRole('radio', { name: 'Score' }));
    expect(change).toHaveBeenCalledWith({ measure: 'score' }, { replace: true });
  });

  test('open the picture that is clicked', async () => {
    answer();
    const { user, change } = open();
    await user.click(await screen.findByRole('button', { name: /^2\. / }));
    expect(change).toHaveBeenCalledWith({ open: HITS[1]?.id });
  });

  test('that could not be had can be asked for again', async () => {
    gateway.on(SIMILAR, () => problem(504, 'encode_timeout'));
    const { user } = open();
    expect(await screen.findByRole('alert')).toHaveTextContent('The encoder took too long');
    answer();
    await user.click(screen.getByRole('button', { name: 'Try again' }));
    await waitFor(() => {
      expect(screen.getByText('3 results')).toBeVisible();
    });
  });
});
