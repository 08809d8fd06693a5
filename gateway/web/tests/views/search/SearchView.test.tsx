import { fireEvent, screen, waitFor } from '@testing-library/react';
import { beforeEach, describe, expect, test } from 'vitest';

import SearchView from '@/views/search/SearchView';

import { gateway, problem } from '../../support/gateway';
import { hit, ID, image, system } from '../../support/models';
import { show } from '../../support/render';

const IMAGE = `GET /api/v2/collections/shoes/images/${ID}`;
const SIMILAR = 'POST /api/v2/collections/shoes/query';
const SEARCH = 'POST /api/v2/collections/shoes/search';
const FOUND = { hits: [hit()], encoder: '', took_ms: { encode: 0, search: 2, total: 3 } };
const MIB = 1024 * 1024;

const picture = (name: string, bytes = 10) => new File([new Uint8Array(bytes)], name, { type: 'image/jpeg' });

function chooser(label: string): HTMLInputElement {
  const input = screen.getByLabelText<HTMLInputElement>(label, { selector: 'input' });
  return input;
}

beforeEach(() => {
  gateway.on(IMAGE, () => image());
  gateway.on(SIMILAR, () => FOUND);
  gateway.on(SEARCH, () => FOUND);
});

describe('without a picture', () => {
  const open = async () => {
    const view = show(<SearchView />, { address: '/?collection=shoes' });
    await screen.findByText(/Searching 12 pictures in/);
    return view;
  };

  test('it asks for one, and searches with nothing', async () => {
    await open();
    expect(screen.getByRole('button', { name: 'Choose a picture' })).toBeVisible();
    expect(document.title).toMatch(/^Search/);
    expect(gateway.calls(SEARCH)).toEqual([]);
  });

  test('one that is chosen is searched with, and named', async () => {
    const { user } = await open();
    await user.upload(chooser('Picture to search with'), picture('beach.jpg'));
    expect(await screen.findByText('1 result')).toBeVisible();
    expect(gateway.calls(SEARCH)).toHaveLength(1);
    expect(window.location.search).toContain('picture=');
    expect(document.title).toMatch(/^beach\.jpg · Search/);
  });

  test('one over the limit is refused without a search', async () => {
    gateway.on('GET /api/v2/system', () => system({ limits: { ...system().limits, max_upload_mb: 1 } }));
    const { user } = await open();
    await user.upload(chooser('Picture to search with'), picture('large.jpg', MIB + 1));
    expect(await screen.findByText('This file is too large to search with')).toBeVisible();
    expect(window.location.search).not.toContain('picture=');
    expect(gateway.calls(SEARCH)).toEqual([]);
  });
});

describe('with a stored image', () => {
  const open = (more = '') => show(<SearchView />, { address: `/?collection=shoes&image=${ID}${more}` });

  test('it searches as the address says', async () => {
    open('&tag=red&folder=%2Fphotos');
    expect(await screen.findByText('1 result')).toBeVisible();
    expect(gateway.calls(SIMILAR)[0]?.body).toMatchObject({
      positive: [{ image: ID }],
      negative: [],
      filter: { must: [{ field: 'tags', any: ['red'] }, { folder: '/photos' }] },
    });
    expect(document.title).toMatch(/^beach\.jpg · Search/);
  });

  test('it says so while it searches', async () => {
    gateway.on(SIMILAR, () => new Promise(() => undefined));
    open();
    expect(await screen.findByRole('status')).toHaveTextContent('Looking for');
  });

  test('that does not exist it says so, and searches with nothing', async () => {
    gateway.on(IMAGE, () => problem(404, 'image_not_found'));
    open();
    expect(await screen.findByRole('alert')).toHaveTextContent('This picture is not in the collection');
    expect(gateway.calls(SIMILAR)).toEqual([]);
  });

  test('it goes back to the start when the picture is removed', async () => {
    const { user } = open('&crop=0.1,0.1,0.5,0.5&tag=red');
    await user.click(await screen.findByRole('button', { name: 'Remove the picture' }));
    expect(await screen.findByRole('button', { name: 'Choose a picture' })).toBeVisible();
    expect(window.location.search).toBe('?collection=shoes&tag=red');
  });

  test('several files that are dropped search with the first', async () => {
    open();
    await screen.findByText('1 result');
    const files = [picture('one.jpg'), picture('two.jpg')];
    fireEvent.drop(chooser('Another picture to search with'), { dataTransfer: { files, types: ['Files'] } });
    expect(await screen.findByText('One picture at a time')).toBeVisible();
    await waitFor(() => {
      expect(document.title).toMatch(/^one\.jpg · Search/);
    });
    expect(gateway.calls(SEARCH)).toHaveLength(1);
  });
});

describe('with an address', () => {
  const ADDRESS = 'https://example.org/cat.jpg';
  const paste = (text: string, target: Element = document.body) => {
    const clipboardData = { files: [], getData: () => text };
    return fireEvent.paste(target, { clipboardData });
  };
  const start = async () => {
    const view = show(<SearchView />, { address: '/?collection=shoes&tag=red' });
    await screen.findByText(/Searching 12 pictures in/);
    return view;
  };

  test('that is pasted anywhere it searches by the picture there, which it does not ask for', async () => {
    await start();
    expect(paste(`  ${ADDRESS}\n`)).toBe(false);
    expect(await screen.findByText('1 result')).toBeVisible();
    expect(gateway.calls(SIMILAR)[0]?.body).toMatchObject({
      positive: [{ url: ADDRESS }],
      filter: { must: [{ field: 'tags', any: ['red'] }] },
    });
    expect(new URLSearchParams(window.location.search).get('url')).toBe(ADDRESS);
    expect(screen.getByText(/The server fetches this picture/)).toBeVisible();
    expect(screen.queryByRole('button', { name: 'Only a part' })).toBeNull();
    expect([...document.images].map(({ src }) => src)).not.toContain(ADDRESS);
  });

  test.each(['cat', '/photos/cat.jpg', 'https://example.org/a and more words'])(
    'it does not search by %j, which is none',
    async (text) => {
      await start();
      expect(paste(text)).toBe(true);
      expect(window.location.search).toBe('?collection=shoes&tag=red');
    },
  );

  test('that is pasted into a field is left to the field', async () => {
    await start();
    expect(paste(ADDRESS, screen.getByRole('textbox', { name: 'Address of a picture' }))).toBe(true);
    expect(window.location.search).not.toContain('url=');
  });

  test('of a stored image it searches by that, in its collection', async () => {
    gateway.on(`GET /api/v2/collections/hats/images/${ID}`, () => image());
    gateway.on('POST /api/v2/collections/hats/query', () => FOUND);
    await start();
    paste(`http://localhost/api/v2/collections/hats/images/${ID}/content`);
    expect(await screen.findByText('1 result')).toBeVisible();
    expect(window.location.search).toBe(`?collection=hats&image=${ID}`);
  });

  test.each([
    ['fetch_forbidden', 'This address may not be fetched', 'LOOKALIKE_FETCH_ALLOW'],
    ['fetch_refused', 'does not want this picture used by machines', 'drop it here'],
    ['fetch_timeout', 'did not send the picture in time', 'LOOKALIKE_FETCH_TIMEOUT_SECONDS'],
    ['fetch_failed', 'The picture cannot be fetched', 'Check that the address opens'],
    ['http_404', 'The site answered with status 404', 'nothing at this address'],
    ['http_403', 'The site answered with status 403', 'drop it here'],
  ])('that is not fetched (%s) it says why, and what to do', async (code, title, remedy) => {
    gateway.on(SIMILAR, () => problem(422, code));
    show(<SearchView />, { address: `/?collection=shoes&url=${encodeURIComponent(ADDRESS)}` });
    const alert = await screen.findByRole('alert');
    expect(alert).toHaveTextContent(title);
    expect(alert).toHaveTextContent(remedy);
  });

  test('it goes back to the start when it is removed', async () => {
    const { user } = show(<SearchView />, { address: `/?collection=shoes&url=${ADDRESS}` });
    await user.click(await screen.findByRole('button', { name: 'Remove the picture' }));
    expect(await screen.findByRole('button', { name: 'Choose a picture' })).toBeVisible();
  });
});

test('a picture of another browser is asked for again, with the other settings kept', async () => {
  show(<SearchView />, { address: '/?collection=shoes&picture=unknown&tag=red' });
  expect(await screen.findByRole('alert')).toHaveTextContent(
    'The picture of this link is not in this browser',
  );
  expect(screen.getByRole('combobox', { name: 'With tag' })).toHaveValue('red');
  expect(gateway.calls(SEARCH)).toEqual([]);
});
