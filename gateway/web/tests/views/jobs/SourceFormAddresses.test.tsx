import { screen, waitFor } from '@testing-library/react';
import { describe, expect, test } from 'vitest';

import { SourceForm } from '@/views/jobs/SourceForm';

import { gateway, Reply } from '../../support/gateway';
import { job, system } from '../../support/models';
import { show } from '../../support/render';

const LOAD = 'POST /api/v2/collections/shoes/jobs';
const folder = () => screen.getByRole('combobox', { name: 'Folder' });

describe('addresses', () => {
  const text = () => screen.getByRole('textbox', { name: 'Addresses' });
  const load = () => screen.getByRole('button', { name: 'Load addresses' });
  const open = async () => {
    gateway.on(LOAD, () => job());
    const { user } = show(<SourceForm collection="shoes" />);
    await user.click(screen.getByRole('radio', { name: 'Addresses' }));
    return user;
  };

  test('that are pasted are sent, without an option that is of folders', async () => {
    const user = await open();
    expect(load()).toBeDisabled();
    await user.click(text());
    await user.paste('https://example.org/a.jpg\nhttps://example.org/b.jpg\n');
    expect(text()).toHaveAccessibleDescription(/There are 2 addresses/);
    await user.click(screen.getByText('Options'));
    expect(screen.queryByRole('switch', { name: /Forget pictures/ })).toBeNull();
    await user.click(load());
    await waitFor(() => {
      expect(gateway.calls(LOAD)[0]?.body).toMatchObject({
        source: { kind: 'urls', urls: ['https://example.org/a.jpg', 'https://example.org/b.jpg'] },
        sync: false,
      });
    });
  });

  test('that are none are said to at once', async () => {
    const user = await open();
    await user.type(text(), 'ftp://example.org/a.jpg');
    expect(screen.getByRole('alert')).toHaveTextContent('Line 1 is no address');
    expect(text()).toBeInvalid();
    expect(load()).toBeDisabled();
  });

  test('that the gateway refuses say so at their field', async () => {
    gateway.on(LOAD, () => job());
    const user = await open();
    const errors = [{ field: 'body.source.urls.1', message: 'too long' }];
    gateway.on(
      LOAD,
      () => new Reply(422, { code: 'validation_error', detail: '', title: '', status: 422, errors }),
    );
    await user.type(text(), 'https://example.org/a.jpg https://example.org/b.jpg');
    await user.click(load());
    expect(await screen.findByRole('alert')).toHaveTextContent('Number 2: too long');
    expect(text()).toBeInvalid();
  });

  test('in a file are completed from the lists of a folder, with their column', async () => {
    gateway.on('GET /api/v2/folders', () => ({
      items: [{ name: 'list.csv', path: '/photos/list.csv', kind: 'file' }],
      next_cursor: null,
    }));
    const user = await open();
    await user.click(screen.getByRole('radio', { name: 'A file that lists them' }));
    const file = screen.getByRole('combobox', { name: 'File of addresses' });
    await user.type(file, '/photos/');
    await user.click(await screen.findByRole('option', { name: '/photos/list.csv' }));
    expect(gateway.calls('GET /api/v2/folders').at(-1)?.query).toEqual({ path: '/photos', files: 'lists' });
    expect(load()).toBeDisabled();
    await user.type(screen.getByRole('textbox', { name: /Column/ }), 'url');
    await user.click(load());
    await waitFor(() => {
      expect(gateway.calls(LOAD)[0]?.body).toMatchObject({
        source: { kind: 'urls', path: '/photos/list.csv', column: 'url' },
      });
    });
  });

  test('need no folder unless a file lists them', async () => {
    gateway.on('GET /api/v2/system', () => system({ image_roots: [] }));
    const user = await open();
    expect(screen.queryByText(/No folder is open/)).toBeNull();
    await user.click(screen.getByRole('radio', { name: 'A file that lists them' }));
    expect(await screen.findByText(/No folder is open/)).toBeVisible();
  });

  test('are kept while another kind is looked at', async () => {
    const user = await open();
    await user.type(text(), 'https://example.org/a.jpg');
    await user.click(screen.getByRole('radio', { name: 'Folder' }));
    expect(folder()).toHaveValue('');
    await user.click(screen.getByRole('radio', { name: 'Addresses' }));
    expect(text()).toHaveValue('https://example.org/a.jpg');
  });
});
