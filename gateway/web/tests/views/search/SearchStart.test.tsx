import { screen, waitFor } from '@testing-library/react';
import { describe, expect, test, vi } from 'vitest';

import { SearchStart } from '@/views/search/SearchStart';

import { gateway, problem } from '../../support/gateway';
import { collection, ID, image, system } from '../../support/models';
import { show } from '../../support/render';

const IMAGES = 'GET /api/v2/collections/shoes/images';
const field = () => screen.getByRole('textbox', { name: 'Address of a picture' });

async function open(changes = {}) {
  const onNamed = vi.fn();
  const shoes = collection(changes);
  gateway.on('GET /api/v2/collections', () => ({ items: [shoes], next_cursor: null }));
  const view = show(<SearchStart collection={shoes} tooLarge={false} onFiles={vi.fn()} onNamed={onNamed} />, {
    address: '/?collection=shoes',
  });
  await waitFor(() => {
    expect(gateway.calls('GET /api/v2/collections')).toHaveLength(1);
  });
  return { ...view, onNamed };
}

describe('the name of a stored image', () => {
  test('that is its id is taken as it is', async () => {
    const { user, onNamed } = await open();
    await user.type(field(), `${ID}{Enter}`);
    expect(onNamed).toHaveBeenCalledExactlyOnceWith({ image: ID });
    expect(gateway.calls(IMAGES)).toEqual([]);
  });

  test.each(['/photos/2024/it’s 100%.jpg', 'upload://abc.jpg'])(
    'that is a path or uri (%s) is looked up by the gateway',
    async (uri) => {
      gateway.on(IMAGES, () => ({ items: [image()], next_cursor: null }));
      const { user, onNamed } = await open();
      await user.type(field(), `${uri}{Enter}`);
      await waitFor(() => {
        expect(onNamed).toHaveBeenCalledExactlyOnceWith({ image: ID });
      });
      expect(gateway.calls(IMAGES)[0]?.query).toEqual({ uri });
    },
  );

  test('that the collection does not hold is said to, until another is typed', async () => {
    gateway.on(IMAGES, () => ({ items: [], next_cursor: null }));
    const { user, onNamed } = await open();
    await user.type(field(), '/photos/none.jpg{Enter}');
    expect(await screen.findByText(/not in the collection/)).toBeVisible();
    expect(onNamed).not.toHaveBeenCalled();
    await user.type(field(), 'x');
    expect(screen.queryByText(/not in the collection/)).toBeNull();
  });

  test('that cannot be looked up says why', async () => {
    gateway.on(IMAGES, () => problem(503, 'milvus_unavailable'));
    const { user } = await open();
    await user.type(field(), '/photos/a.jpg{Enter}');
    expect(await screen.findByText(/The index is away/)).toBeVisible();
  });

  test('that names nothing asks for another', async () => {
    const { user, onNamed } = await open();
    await user.type(field(), 'cat{Enter}');
    expect(await screen.findByText(/names no picture/)).toBeVisible();
    expect(onNamed).not.toHaveBeenCalled();
  });

  test('that is any other address is one of the web', async () => {
    const { user, onNamed } = await open();
    await user.type(field(), ' https://example.org/cat.jpg{Enter}');
    expect(onNamed).toHaveBeenCalledExactlyOnceWith({ url: 'https://example.org/cat.jpg' });
    expect(gateway.calls(IMAGES)).toEqual([]);
  });

  test('that is an address of another collection names that', async () => {
    const { user, onNamed } = await open();
    await user.type(field(), `/api/v2/collections/hats/images/${ID}/content{Enter}`);
    expect(onNamed).toHaveBeenCalledWith({ image: ID, collection: 'hats' });
  });
});

test('an empty collection sends to Loading', async () => {
  await open({ count: 0 });
  const link = await screen.findByRole('link', { name: 'load a folder or upload pictures' });
  expect(link).toHaveAttribute('href', '/loading?collection=shoes');
});

test('a collection of another encoder is told of', async () => {
  gateway.on('GET /api/v2/system', () => system({ weights: 'imagenet-1' }));
  await open();
  expect(await screen.findByText('This collection belongs to another encoder')).toBeVisible();
});
