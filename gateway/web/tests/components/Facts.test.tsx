import { screen, waitFor, within } from '@testing-library/react';
import { expect, test, vi } from 'vitest';

import { Facts } from '@/components/lightbox/Facts';
import { decisions } from '@/state/decisions';

import { gateway, problem } from '../support/gateway';
import { hit, ID, image } from '../support/models';
import { show } from '../support/render';

const PATH = `/api/v2/collections/shoes/images/${ID}`;

function open(changes = {}) {
  const onForgotten = vi.fn();
  const picture = image({ tags: ['old'], ...changes });
  gateway.on(`GET ${PATH}`, () => picture);
  const measures = hit({ score: 0.9, distance: 0.447, match: 0.93 });
  const facts = (
    <Facts
      collection="shoes"
      picture={picture}
      measures={measures}
      place="1 of 2"
      onSimilar={vi.fn()}
      onForgotten={onForgotten}
    />
  );
  return { ...show(facts), onForgotten };
}

test('the facts of a picture are what the API says of it', async () => {
  open({ metadata: { camera: 'X100', rating: 5 } });
  expect(screen.getByText('0.930 (copy)')).toBeVisible();
  expect(screen.getByText('0.900')).toBeVisible();
  expect(screen.getByText('400 × 300 pixels')).toBeVisible();
  expect(screen.getByText('JPEG, 71.2 kB')).toBeVisible();
  expect(await screen.findByText('Added')).toBeVisible();
  expect(screen.getByText('X100')).toBeVisible();
  expect(screen.getByText('5')).toBeVisible();
});

test('what the EXIF data say is shown, and nothing where they are silent', async () => {
  open({
    taken_at: '2024-08-01T12:30:00Z',
    camera: 'FUJIFILM X100V',
    gps: { lat: 54.432608, lon: -13.573056 },
  });
  expect(await screen.findByText('FUJIFILM X100V')).toBeVisible();
  expect(screen.getByText(/Aug 1, 2024, 12:30.PM UTC/)).toBeVisible();
  expect(screen.getByText('54.4326° N, 13.5731° W')).toBeVisible();
  expect(screen.queryByText('Lens')).toBeNull();
});

test('a tag is added beside the others', async () => {
  gateway.on(`PATCH ${PATH}`, () => image());
  const { user } = open();
  await user.type(screen.getByRole('combobox', { name: 'Tags' }), 'new{Enter}');
  await waitFor(() => {
    expect(gateway.calls(`PATCH ${PATH}`)[0]?.body).toEqual({ tags: ['old', 'new'] });
  });
});

test('tags of the collection are suggested, with their counts, but not those that it has', async () => {
  gateway.on('GET /api/v2/collections/shoes/facets', ({ query }) => ({
    field: 'tags',
    items: [
      { value: 'old', count: 7 },
      { value: 'older', count: 1200 },
    ].filter(({ value }) => value.startsWith(query.prefix ?? '')),
    looked_at: 12,
    complete: true,
  }));
  gateway.on(`PATCH ${PATH}`, () => image());
  const { user } = open();
  const tags = screen.getByRole('combobox', { name: 'Tags' });
  expect(gateway.calls('GET /api/v2/collections/shoes/facets')).toEqual([]);
  await user.type(tags, 'ol');
  const option = await screen.findByRole('option', { name: /older/ });
  expect(option).toHaveTextContent('older1,200');
  expect(screen.getAllByRole('option')).toHaveLength(1);
  await waitFor(() => {
    expect(gateway.calls('GET /api/v2/collections/shoes/facets').at(-1)?.query).toEqual({
      field: 'tags',
      prefix: 'ol',
    });
  });
  await user.click(option);
  await waitFor(() => {
    expect(gateway.calls(`PATCH ${PATH}`)[0]?.body).toEqual({ tags: ['old', 'older'] });
  });
});

test('a tag that somebody else adds meanwhile is kept', async () => {
  const { user } = open();
  let version = 1;
  const now = () =>
    Response.json(image({ tags: version === 1 ? ['old'] : ['old', 'theirs'] }), {
      headers: { ETag: `"${version}"` },
    });
  gateway.on(`GET ${PATH}`, now);
  gateway.on(`PATCH ${PATH}`, ({ ifMatch }) => {
    if (ifMatch === '"2"') return now();
    version = 2;
    return problem(412, 'precondition_failed');
  });
  await user.type(screen.getByRole('combobox', { name: 'Tags' }), 'new{Enter}');
  await waitFor(() => {
    expect(gateway.calls(`PATCH ${PATH}`).map(({ body, ifMatch }) => [ifMatch, body])).toEqual([
      ['"1"', { tags: ['old', 'new'] }],
      ['"2"', { tags: ['old', 'theirs', 'new'] }],
    ]);
  });
});

test.each([
  ['file:///photos/beach.jpg', 'The file in its folder stays where it is.'],
  ['upload://beach.jpg', 'What was uploaded is deleted.'],
])('forgetting %s says what becomes of its file, and goes on at once', async (uri, said) => {
  const { user, onForgotten } = open({ uri });
  await user.click(screen.getByRole('button', { name: 'Forget' }));
  const dialog = await screen.findByRole('dialog');
  expect(dialog).toHaveTextContent(said);
  expect(onForgotten).not.toHaveBeenCalled();
  await user.click(within(dialog).getByRole('button', { name: 'Forget' }));
  expect(onForgotten).toHaveBeenCalledOnce();
  expect(decisions.hiddenIn('shoes')).toEqual(new Set([ID]));
  await decisions.flush();
});
