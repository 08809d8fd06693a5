import { Notifications, notifications } from '@mantine/notifications';
import { act, screen, waitFor, within } from '@testing-library/react';
import { afterEach, describe, expect, test, vi } from 'vitest';

import { CreateCollectionDialog } from '@/views/library/CreateCollectionDialog';
import { DeleteCollectionDialog } from '@/views/library/DeleteCollectionDialog';
import { SelectionBar } from '@/components/grid/SelectionBar';
import { UndoNotice } from '@/components/UndoNotice';
import { useSelection } from '@/components/grid/useSelection';
import { decisions } from '@/state/decisions';

import { gateway, problem } from '../support/gateway';
import { collection, image, system } from '../support/models';
import { show } from '../support/render';

const CREATE = 'POST /api/v2/collections';

describe('a new collection', () => {
  const open = () => show(<CreateCollectionDialog onClose={vi.fn()} onCreated={vi.fn()} />);
  const name = () => screen.getByRole('textbox', { name: /^Name/ });
  const create = () => screen.getByRole('button', { name: 'Create' });

  test('is named as the API allows', async () => {
    const { user } = open();
    expect(create()).toBeDisabled();
    await user.type(name(), '2shoes');
    expect(create()).toBeDisabled();
    expect(name()).toBeInvalid();
    expect(name()).toHaveAttribute('maxlength', '63');
    await user.clear(name());
    await user.type(name(), 'shoes_2');
    expect(create()).toBeEnabled();
  });

  test('has the pooling that the server is set to', async () => {
    gateway.on('GET /api/v2/system', () => system({ pooling: 'gem' }));
    gateway.on(CREATE, () => collection({ name: 'hats' }));
    const { user } = open();
    expect(await screen.findByDisplayValue('gem: between mean and maximum')).toBeVisible();
    await user.type(name(), 'hats');
    await user.click(create());
    await waitFor(() => {
      expect(gateway.calls(CREATE)[0]?.body).toEqual({
        name: 'hats',
        description: '',
        descriptor: { pooling: 'gem' },
        regions: false,
        any_encoder: false,
      });
    });
  });

  test('keeps parts of its pictures where that is wanted', async () => {
    gateway.on(CREATE, () => collection({ name: 'hats', regions: true }));
    const { user } = open();
    await user.type(name(), 'hats');
    await user.click(screen.getByRole('checkbox', { name: 'Find pictures by a detail' }));
    await user.click(create());
    await waitFor(() => {
      expect(gateway.calls(CREATE)[0]?.body).toMatchObject({ name: 'hats', regions: true });
    });
  });

  test('has an index of one’s choice, or is told what the store has', async () => {
    const detail = 'milvus-lite has no index DISKANN: choose one of HNSW, FLAT.';
    gateway.on(CREATE, () => problem(422, 'index_unavailable', detail));
    const { user } = open();
    await user.type(name(), 'hats');
    await user.click(screen.getByRole('combobox', { name: 'Index' }));
    await user.click(await screen.findByRole('option', { name: /^DISKANN: / }));
    await user.click(create());
    await waitFor(() => {
      expect(gateway.calls(CREATE)[0]?.body).toMatchObject({
        index: { type: 'DISKANN', params: {} },
      });
    });
    expect(await screen.findByRole('alert')).toHaveTextContent('has no index DISKANN');
  });

  test('whose name is taken says so', async () => {
    gateway.on(CREATE, () => problem(409, 'collection_exists'));
    const { user } = open();
    await user.type(name(), 'shoes');
    await user.click(create());
    expect(await screen.findByRole('alert')).toHaveTextContent('This name is taken');
  });
});

test('a collection is deleted only once its name is typed', async () => {
  const call = 'DELETE /api/v2/collections/shoes';
  gateway.on(call, () => ({}));
  const { user } = show(<DeleteCollectionDialog collection={collection()} onClose={vi.fn()} />);
  const remove = await screen.findByRole('button', { name: 'Delete collection' });
  await user.type(screen.getByRole('textbox'), 'shoe');
  expect(remove).toBeDisabled();
  await user.type(screen.getByRole('textbox'), 's');
  await user.click(remove);
  await waitFor(() => {
    expect(gateway.calls(call)).toHaveLength(1);
  });
});

describe('the selected pictures', () => {
  afterEach(() => {
    decisions.undo();
    notifications.clean();
  });

  const pictures = ['a', 'b', 'c'].map((letter) =>
    image({ id: letter.repeat(32), uri: `file:///${letter}.jpg`, tags: ['old'] }),
  );
  function Bar() {
    const selection = useSelection(pictures);
    return (
      <>
        <button
          onClick={() => {
            selection.toggle(0);
          }}
        >
          First
        </button>
        <button
          onClick={() => {
            selection.extend(1);
          }}
        >
          To the second
        </button>
        <Notifications />
        <UndoNotice />
        <SelectionBar collection="shoes" pictures={pictures} selection={selection} />
      </>
    );
  }
  const selected = async () => {
    const { user } = show(<Bar />);
    expect(screen.queryByRole('toolbar')).toBeNull();
    await user.click(screen.getByRole('button', { name: 'First' }));
    await user.click(screen.getByRole('button', { name: 'To the second' }));
    expect(screen.getByRole('status')).toHaveTextContent('2 selected');
    return user;
  };

  const forgotten = () => gateway.calls('DELETE /api/v2/collections/shoes/images');
  const forget = async () => {
    const user = await selected();
    await user.click(screen.getByRole('button', { name: 'Forget…' }));
    const dialog = await screen.findByRole('dialog', { name: 'Forget 2 pictures?' });
    expect(decisions.hiddenIn('shoes').size).toBe(0);
    await user.click(within(dialog).getByRole('button', { name: 'Forget' }));
    expect(await screen.findByText('2 pictures forgotten.')).toBeVisible();
    expect(decisions.hiddenIn('shoes').size).toBe(2);
    expect(forgotten()).toEqual([]);
    return user;
  };

  test('are forgotten once that is confirmed, in one request, and no others', async () => {
    gateway.on('DELETE /api/v2/collections/shoes/images', () => ({ deleted: 2 }));
    await forget();
    await act(() => decisions.flush());
    expect(forgotten().map(({ query }) => JSON.parse(query.filter ?? '') as unknown)).toEqual([
      { must: [{ field: 'id', any: pictures.slice(0, 2).map(({ id }) => id) }] },
    ]);
    expect(decisions.hiddenIn('shoes').size).toBe(0);
    await waitFor(() => {
      expect(screen.queryByText('2 pictures forgotten.')).toBeNull();
    });
  });

  test('come back by Undo, and nothing is asked', async () => {
    const user = await forget();
    await user.click(screen.getByRole('button', { name: 'Undo' }));
    expect(decisions.hiddenIn('shoes').size).toBe(0);
    await act(() => decisions.flush());
    expect(forgotten()).toEqual([]);
  });

  test('are in one notice that counts, however many times some are forgotten', async () => {
    const user = await forget();
    for (let more = 0; more < 7; more += 1) {
      act(() => {
        decisions.add({
          collection: 'shoes',
          hides: { images: [`more ${more}`] },
          forgets: more === 0 ? 0 : 1,
          send: () => Promise.resolve(),
          onDone: () => Promise.resolve(),
          onFailed: () => Promise.resolve(),
        });
      });
    }
    expect(await screen.findByText('8 pictures forgotten, 1 group dismissed.')).toBeVisible();
    await user.click(screen.getByRole('button', { name: 'Undo' }));
    expect(decisions.hiddenIn('shoes').size).toBe(0);
    await waitFor(() => {
      expect(screen.queryByRole('button', { name: 'Undo' })).toBeNull();
    });
  });

  test('offer no Undo once they are sent', async () => {
    let answer: (reply: unknown) => void = () => undefined;
    gateway.on('DELETE /api/v2/collections/shoes/images', () => new Promise((done) => (answer = done)));
    await forget();
    let flushed: Promise<void> = Promise.resolve();
    act(() => {
      flushed = decisions.flush();
    });
    await waitFor(() => {
      expect(screen.queryByRole('button', { name: 'Undo' })).toBeNull();
    });
    expect(decisions.hiddenIn('shoes').size).toBe(2);
    answer({ deleted: 2 });
    await act(() => flushed);
    expect(decisions.hiddenIn('shoes').size).toBe(0);
  });

  test('that could not be forgotten are said so, and shown again', async () => {
    gateway.on('DELETE /api/v2/collections/shoes/images', () => problem(503, 'milvus_unavailable'));
    await forget();
    await act(() => decisions.flush());
    expect(await screen.findByText(/2 pictures not forgotten\. The index is away/)).toBeVisible();
    await waitFor(() => {
      expect(screen.queryByRole('button', { name: 'Undo' })).toBeNull();
    });
    expect(decisions.hiddenIn('shoes').size).toBe(0);
  });

  test('are given tags beside those they have', async () => {
    for (const picture of pictures) {
      gateway.on(`GET /api/v2/collections/shoes/images/${picture.id}`, () => picture);
    }
    const user = await selected();
    await user.click(screen.getByRole('button', { name: 'Tag…' }));
    const dialog = await screen.findByRole('dialog', { name: 'Tag 2 pictures' });
    expect(within(dialog).getByRole('button', { name: 'Save' })).toBeDisabled();
    await user.type(within(dialog).getByRole('combobox', { name: 'Add' }), 'new{Enter}');
    await user.click(within(dialog).getByRole('button', { name: 'Save' }));
    await waitFor(() => {
      const bodies = gateway.asked.filter(({ method }) => method === 'PATCH').map(({ body }) => body);
      expect(bodies).toEqual([{ tags: ['old', 'new'] }, { tags: ['old', 'new'] }]);
    });
  });
});
