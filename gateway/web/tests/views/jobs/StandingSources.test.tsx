import { screen, waitFor, within } from '@testing-library/react';
import { describe, expect, test } from 'vitest';

import { LiveJobsProvider } from '@/state/liveJobs';
import { StandingSources } from '@/views/jobs/StandingSources';

import { gateway, problem, Reply } from '../../support/gateway';
import { job, standing } from '../../support/models';
import { show } from '../../support/render';

const SOURCES = 'GET /api/v2/collections/shoes/sources';
const ONE = `/api/v2/collections/shoes/sources/${standing().id}`;

async function open(changes = {}) {
  gateway.on(SOURCES, () => ({ items: [standing(changes)], next_cursor: null }));
  const view = show(
    <LiveJobsProvider>
      <StandingSources collection="shoes" />
    </LiveJobsProvider>,
  );
  const card = await screen.findByRole('article', { name: '/photos' });
  return { ...view, card, button: (name: string) => within(card).getByRole('button', { name }) };
}

describe('kept sources', () => {
  test('are told of nowhere while there are none', async () => {
    show(
      <LiveJobsProvider>
        <StandingSources collection="shoes" />
      </LiveJobsProvider>,
    );
    await waitFor(() => {
      expect(gateway.calls(SOURCES)).toHaveLength(1);
    });
    expect(screen.queryByRole('region')).toBeNull();
  });

  test('say when they are loaded next, and what their last load came to', async () => {
    const last = job({
      status: 'failed',
      failed: 3,
      error: { code: 'source_empty', detail: 'It is empty.' },
    });
    gateway.on('GET /api/v2/jobs', () => ({ items: [last], next_cursor: null }));
    const { card } = await open({ last_job: last.id, watch: true });
    expect(card).toHaveTextContent(/watched · by 0 3 \* \* \* \(UTC\) · next May \d, 2026/);
    expect(await within(card).findByText(/^Last load: Failed, May 2, 2026.*, 3 failed$/)).toBeVisible();
    expect(within(card).getByText('It is empty.')).toBeVisible();
  });

  test.each([
    [{ cron: null, next_run: null }, 'loaded on request only'],
    [{ paused: true, next_run: null }, 'loaded on request only · by 0 3 * * * (UTC)'],
    [{ last_job: 'e'.repeat(32) }, 'Loaded before'],
    [{}, 'Not loaded yet'],
  ])('that are %j say %s', async (changes, said) => {
    const { card } = await open(changes);
    expect(within(card).getByText(said)).toBeVisible();
  });

  test('are loaded at once, whose job is then among the loads', async () => {
    gateway.on(`POST ${ONE}/jobs`, () => job({ id: 'c'.repeat(32) }));
    const { user, button } = await open();
    await user.click(button('Run now'));
    await waitFor(() => {
      expect(gateway.calls(`POST ${ONE}/jobs`)).toHaveLength(1);
      expect(gateway.calls(SOURCES).length).toBeGreaterThan(1);
    });
  });

  test.each([
    [false, 'Pause'],
    [true, 'Resume'],
  ])('that are paused: %s can %s', async (paused, name) => {
    gateway.on(`PATCH ${ONE}`, () => standing({ paused: !paused }));
    const { user, button } = await open({ paused });
    await user.click(button(name));
    await waitFor(() => {
      expect(gateway.calls(`PATCH ${ONE}`).map(({ body }) => body)).toEqual([{ paused: !paused }]);
    });
  });

  test('are deleted once that is confirmed', async () => {
    gateway.on(`DELETE ${ONE}`, () => new Reply(204, null));
    const { user, button } = await open();
    await user.click(button('Delete'));
    const dialog = await screen.findByRole('dialog', { name: 'Delete this source?' });
    expect(gateway.calls(`DELETE ${ONE}`)).toEqual([]);
    gateway.on(SOURCES, () => ({ items: [], next_cursor: null }));
    await user.click(within(dialog).getByRole('button', { name: 'Delete' }));
    await waitFor(() => {
      expect(screen.queryByRole('article')).toBeNull();
    });
    expect(gateway.calls(`DELETE ${ONE}`)).toHaveLength(1);
  });

  test('that cannot be loaded now say why', async () => {
    gateway.on(`POST ${ONE}/jobs`, () => problem(503, 'no_encoder'));
    const { user, button } = await open();
    await user.click(button('Run now'));
    expect(await screen.findByRole('alert')).toHaveTextContent('No encoder is running');
  });
});
