import { screen, waitFor } from '@testing-library/react';
import { expect, test } from 'vitest';

import { Banners } from '@/app/Banners';

import { gateway, problem } from '../support/gateway';
import { collection, system } from '../support/models';
import { show } from '../support/render';

const SYSTEM = 'GET /api/v2/system';
const COLLECTIONS = 'GET /api/v2/collections';
const notices = () => screen.findByRole('complementary', { name: 'Notices' });

test('a healthy system has no notice', async () => {
  show(<Banners />);
  expect(await notices()).toBeEmptyDOMElement();
});

test('nothing is said before the gateway has answered', () => {
  gateway.on(SYSTEM, () => new Promise(() => undefined));
  const { container } = show(<Banners />);
  expect(container.querySelector('aside')).toBeNull();
});

test('a system without a query encoder says so', async () => {
  const [worker] = system().workers;
  const workers = worker ? [{ ...worker, queue: 'encode' as const }] : [];
  gateway.on(SYSTEM, () => system({ workers }));
  show(<Banners />);
  expect(await screen.findByRole('alert')).toHaveTextContent('No encoder is running');
});

test('untrained weights are named', async () => {
  gateway.on(SYSTEM, () => system({ untrained: true }));
  show(<Banners />);
  expect(await notices()).toHaveTextContent('Untrained weights: copies and crops are found');
  expect(screen.queryByRole('alert')).toBeNull();
});

test.each([
  [SYSTEM, 'redis_unavailable', 'The job ledger is away'],
  [COLLECTIONS, 'milvus_unavailable', 'The index is away'],
])('an error of %s is shown, until it is answered again', async (call, code, title) => {
  gateway.on(call, () => problem(503, code));
  const { client } = show(<Banners />);
  expect(await screen.findByRole('alert')).toHaveTextContent(title);
  gateway.on(SYSTEM, () => system());
  gateway.on(COLLECTIONS, () => ({ items: [collection()], next_cursor: null }));
  await client.invalidateQueries();
  await waitFor(() => {
    expect(screen.queryByRole('alert')).toBeNull();
  });
});

test('without a key it asks for one, and keeps what is typed while it asks the gateway again', async () => {
  const refused = problem(401, 'unauthorized');
  gateway.on(SYSTEM, () => refused);
  gateway.on(COLLECTIONS, () => refused);
  const { user, client } = show(<Banners />);
  await user.type(await screen.findByLabelText('API key'), 'half a k');
  let answer: (reply: typeof refused) => void = () => undefined;
  const held = new Promise<typeof refused>((resolve) => (answer = resolve));
  gateway.on(SYSTEM, () => held);
  gateway.on(COLLECTIONS, () => held);
  const again = client.invalidateQueries();
  await waitFor(() => {
    expect(client.isFetching()).toBe(2);
  });
  expect(screen.getByLabelText('API key')).toHaveValue('half a k');
  answer(refused);
  await again;
  expect(screen.getByLabelText('API key')).toHaveValue('half a k');
});
