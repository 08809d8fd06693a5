import { screen, waitFor, within } from '@testing-library/react';
import { describe, expect, test } from 'vitest';

import type { Job } from '@/api/models';
import { JobCard } from '@/views/jobs/JobCard';

import { gateway, problem } from '../../support/gateway';
import { failure, job } from '../../support/models';
import { show } from '../../support/render';

const ENDED = { finished: true, finished_at: '2026-05-02T10:00:21Z', eta_seconds: null } as const;
const DONE: Partial<Job> = { ...ENDED, status: 'done', done: 1200, indexed: 1200 };

function buttons() {
  return screen.getAllByRole('button').map((button) => button.textContent);
}

describe('what can be done about a load', () => {
  test.each<[string, Partial<Job>, string[]]>([
    ['that runs', {}, ['Pause', 'Cancel']],
    ['that waits', { status: 'queued' }, ['Pause', 'Cancel']],
    ['that is paused', { status: 'paused' }, ['Resume', 'Cancel']],
    ['that ended with failures', { ...DONE, failed: 1 }, ['Retry failed', 'Show 1 failed file']],
    [
      'that was cancelled with failures',
      { ...ENDED, status: 'cancelled', failed: 2 },
      ['Retry failed', 'Show 2 failed files'],
    ],
  ])('%s', (_, changes, expected) => {
    show(<JobCard job={job(changes)} />);
    expect(buttons()).toEqual(expected);
  });

  test('that ended well is nothing', () => {
    show(<JobCard job={job(DONE)} />);
    expect(screen.queryAllByRole('button')).toEqual([]);
  });

  test('goes by whether the API calls it finished, not by the state’s name', () => {
    show(<JobCard job={job({ status: 'failed', finished: false })} />);
    expect(buttons()).toEqual(['Pause', 'Cancel']);
  });
});

describe('a load', () => {
  const path = `/api/v2/jobs/${job().id}`;

  test('says what it is and how far', () => {
    show(<JobCard job={job()} />);
    const card = screen.getByRole('article', { name: '/photos/2024: Loading' });
    expect(within(card).getByText('800 of 1,200 · 61.5 images/s · 7 s left')).toBeVisible();
    expect(screen.getByRole('progressbar')).toHaveAttribute('aria-valuenow', '800');
    const link = within(card).getByRole('link', { name: 'shoes' });
    expect(link).toHaveAttribute('href', '/library?collection=shoes');
  });

  test('that ended says how long it took', () => {
    show(<JobCard job={job(DONE)} />);
    expect(screen.getByText('1,200 of 1,200 · took 20 s')).toBeVisible();
  });

  test.each<[Job['source'], string]>([
    [
      { kind: 'directory', path: '/a', recursive: false, pattern: '*.jpg', exclude: [] },
      '/a, *.jpg, without sub-folders',
    ],
    [
      { kind: 'directory', path: '/a', recursive: true, pattern: null, exclude: ['raw', '*.gif'] },
      '/a, but not raw, *.gif',
    ],
    [{ kind: 'bucket', url: 's3://photos/2020', pattern: '*.jpg', exclude: [] }, 's3://photos/2020, *.jpg'],
    [{ kind: 'archive', path: '/a.zip' }, '/a.zip'],
    [{ kind: 'urls', addresses: 1, path: null, column: null }, '1 address'],
    [{ kind: 'urls', addresses: 1200, path: null, column: null }, '1,200 addresses'],
    [{ kind: 'urls', addresses: null, path: '/a.txt', column: null }, 'Addresses in /a.txt'],
    [{ kind: 'urls', addresses: null, path: '/a.csv', column: 'url' }, 'Addresses in /a.csv, column url'],
    [{ kind: 'upload', files: 1 }, '1 uploaded picture'],
    [{ kind: 'duplicates', min_match: 0.9 }, 'Finds duplicates'],
    [{ kind: 'retry', job: 'b'.repeat(32), files: 3 }, 'Retry of 3 failed files'],
  ])('of %j is called %s', (source, name) => {
    show(<JobCard job={job({ source })} />);
    expect(screen.getByText(name)).toBeVisible();
  });

  test('is paused at once', async () => {
    gateway.on(`POST ${path}/pause`, () => job({ status: 'paused' }));
    const { user } = show(<JobCard job={job()} />);
    await user.click(screen.getByRole('button', { name: 'Pause' }));
    await waitFor(() => {
      expect(gateway.calls(`POST ${path}/pause`)).toHaveLength(1);
    });
  });

  test('is cancelled only once that is confirmed', async () => {
    gateway.on(`POST ${path}/cancel`, () => job({ ...ENDED, status: 'cancelled' }));
    const { user } = show(<JobCard job={job()} />);
    await user.click(screen.getByRole('button', { name: 'Cancel' }));
    const dialog = await screen.findByRole('dialog', { name: 'Cancel this load?' });
    expect(gateway.calls(`POST ${path}/cancel`)).toHaveLength(0);
    await user.click(within(dialog).getByRole('button', { name: 'Cancel the load' }));
    await waitFor(() => {
      expect(gateway.calls(`POST ${path}/cancel`)).toHaveLength(1);
    });
  });

  test('says why an action was refused', async () => {
    gateway.on(`POST ${path}/retry`, () => problem(429, 'queue_full'));
    const { user } = show(<JobCard job={job({ ...DONE, failed: 1 })} />);
    await user.click(screen.getByRole('button', { name: 'Retry failed' }));
    expect(await screen.findByRole('alert')).toHaveTextContent('Too much is waiting');
  });

  test('shows its failed files, by the name that their uploader gave', async () => {
    const items = [failure(), failure({ uri: 'upload://x.jpg', name: 'mine.jpg', code: 'corrupt' })];
    gateway.on(`GET ${path}/failures`, () => ({ items, next_cursor: 'more' }));
    const { user } = show(<JobCard job={job({ failed: 3 })} />);
    await user.click(screen.getByRole('button', { name: 'Show 3 failed files' }));
    expect(await screen.findByRole('cell', { name: '/photos/2024/broken.jpg' })).toBeVisible();
    expect(screen.getByRole('cell', { name: 'mine.jpg' })).toBeVisible();

    gateway.on(`GET ${path}/failures`, ({ query }) => ({
      items: [failure({ uri: `file:///${query.cursor ?? 'first'}.jpg` })],
      next_cursor: null,
    }));
    await user.click(screen.getByRole('button', { name: 'Show more' }));
    expect(await screen.findByRole('cell', { name: '/more.jpg' })).toBeVisible();
    expect(screen.queryByRole('button', { name: 'Show more' })).toBeNull();
  });
});
