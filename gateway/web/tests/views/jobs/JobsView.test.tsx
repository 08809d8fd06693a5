import { act, screen, waitFor } from '@testing-library/react';
import { describe, expect, test } from 'vitest';

import { LiveJobsProvider } from '@/state/liveJobs';
import JobsView from '@/views/jobs/JobsView';

import { gateway, problem } from '../../support/gateway';
import { job } from '../../support/models';
import { show } from '../../support/render';

const JOBS = 'GET /api/v2/jobs';
const DONE = {
  ...job({ status: 'done', done: 1200, indexed: 1200 }),
  finished: true,
  finished_at: '2026-05-02T10:00:21Z',
};

async function open() {
  const view = show(
    <LiveJobsProvider>
      <JobsView />
    </LiveJobsProvider>,
  );
  await screen.findByRole('heading', { name: 'Load pictures into shoes' });
  return view;
}

function listing(...items: object[]) {
  gateway.on(JOBS, () => ({ items, next_cursor: null }));
}

/** The stream of the job, once the page follows it. */
async function stream() {
  return waitFor(() => {
    const [first] = gateway.streams;
    if (!first) throw new Error('no stream is followed yet');
    return first;
  });
}

describe('the loads', () => {
  test('are none at first', async () => {
    await open();
    expect(await screen.findByText('Nothing has been loaded yet')).toBeVisible();
  });

  test('follow what the stream of one tells, to its end', async () => {
    listing(job());
    await open();
    const events = await stream();
    expect(events.url).toBe(`/api/v2/jobs/${job().id}/events`);

    act(() => {
      events.say('progress', job({ done: 900 }));
    });
    expect(await screen.findByText(/^900 of 1,200/)).toBeVisible();

    listing(DONE);
    act(() => {
      events.say('end', DONE);
    });
    expect(await screen.findByRole('article', { name: '/photos/2024: Done' })).toBeVisible();
    expect(screen.queryByRole('alert')).toBeNull();
  });

  test('say so when the stream tells what nobody can read, and ask the list instead', async () => {
    listing(job());
    await open();
    const events = await stream();
    listing(job({ done: 1000 }));

    act(() => {
      events.say('progress', { ...job(), done: 'nearly all' });
    });
    expect(await screen.findByRole('alert')).toHaveTextContent('cannot be read');
    expect(await screen.findByText(/^1,000 of 1,200/)).toBeVisible();

    act(() => {
      events.say('progress', job({ done: 1100 }));
    });
    expect(await screen.findByText(/^1,100 of 1,200/)).toBeVisible();
    expect(screen.queryByRole('alert')).toBeNull();
  });

  test('learn from the list what an end was that cannot be read', async () => {
    listing(job());
    await open();
    const events = await stream();
    listing(DONE);
    act(() => {
      events.say('end', 'over');
    });
    expect(await screen.findByRole('article', { name: '/photos/2024: Done' })).toBeVisible();
    expect(events.readyState).toBe(2);
  });

  test('are not troubled by a file that failed', async () => {
    listing(job());
    await open();
    const events = await stream();
    act(() => {
      events.say('failure', {
        uri: 'file:///a.jpg',
        code: 'corrupt',
        reason: '',
        attempts: 1,
        name: null,
        source_url: null,
      });
    });
    expect(screen.getByText(/^800 of 1,200/)).toBeVisible();
    expect(screen.queryByRole('alert')).toBeNull();
  });

  test('say that the connection broke off until it is back', async () => {
    listing(job());
    await open();
    const events = await stream();
    act(() => {
      events.readyState = 0;
      events.dispatchEvent(new Event('error'));
    });
    expect(await screen.findByText('The connection broke off')).toBeVisible();
    act(() => {
      events.dispatchEvent(new Event('open'));
    });
    expect(screen.queryByText('The connection broke off')).toBeNull();
  });

  test('are followed by two streams at most', async () => {
    listing(...['a', 'b', 'c'].map((letter) => job({ id: letter.repeat(32) })));
    await open();
    await stream();
    expect(gateway.streams.map(({ url }) => url)).toHaveLength(2);
  });

  test('that cannot be listed say why', async () => {
    gateway.on(JOBS, () => problem(503, 'redis_unavailable'));
    await open();
    expect(await screen.findByText('The job ledger is away')).toBeVisible();
  });

  test('show older ones page by page', async () => {
    gateway.on(JOBS, ({ query }) =>
      query.cursor
        ? { items: [job({ id: 'c'.repeat(32), source: { kind: 'upload', files: 2 } })], next_cursor: null }
        : { items: [DONE], next_cursor: 'older' },
    );
    const { user } = await open();
    await user.click(await screen.findByRole('button', { name: 'Show older loads' }));
    expect(await screen.findByText('2 uploaded pictures')).toBeVisible();
    expect(screen.queryByRole('button', { name: 'Show older loads' })).toBeNull();
  });
});
