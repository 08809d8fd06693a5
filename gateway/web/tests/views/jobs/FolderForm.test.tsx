import { screen, waitFor } from '@testing-library/react';
import { describe, expect, test } from 'vitest';

import { FolderForm } from '@/views/jobs/FolderForm';

import { gateway, problem } from '../../support/gateway';
import { job, system } from '../../support/models';
import { show } from '../../support/render';

const LOAD = 'POST /api/v2/collections/shoes/jobs';
const folder = () => screen.getByRole('combobox', { name: 'Folder' });
const submit = () => screen.getByRole('button', { name: 'Load folder' });

describe('the form of a folder', () => {
  test('sends the defaults, and the path without spaces around it', async () => {
    gateway.on(LOAD, () => job());
    const { user } = show(<FolderForm collection="shoes" />);
    expect(submit()).toBeDisabled();
    await user.type(folder(), ' /photos/2024 ');
    await user.click(submit());
    await waitFor(() => {
      expect(gateway.calls(LOAD).map(({ body }) => body)).toEqual([
        {
          source: { kind: 'directory', path: '/photos/2024', recursive: true, pattern: null, exclude: [] },
          on_duplicate: 'keep',
          report_duplicates: false,
          sync: false,
          allow_mass_removal: false,
          tags: [],
          metadata: {},
        },
      ]);
    });
  });

  test('sends each option as it is set', async () => {
    gateway.on(LOAD, () => job());
    const { user } = show(<FolderForm collection="shoes" />);
    await user.type(folder(), '/photos');
    await user.click(screen.getByText('Options'));
    await user.click(screen.getByRole('switch', { name: 'Sub-folders too' }));
    await user.click(screen.getByRole('switch', { name: /Leave out copies/ }));
    await user.type(screen.getByRole('textbox', { name: 'Only files that match' }), '*.jpg');
    await user.type(screen.getByRole('combobox', { name: 'Tags for all of them' }), 'summer{Enter}');
    await user.click(submit());
    await waitFor(() => {
      expect(gateway.calls(LOAD)[0]?.body).toMatchObject({
        source: { recursive: false, pattern: '*.jpg' },
        on_duplicate: 'skip',
        sync: false,
        allow_mass_removal: false,
        tags: ['summer'],
      });
    });
  });

  test('asks to forget what is gone only when told to', async () => {
    gateway.on(LOAD, () => job());
    const { user } = show(<FolderForm collection="shoes" />);
    await user.type(folder(), '/photos');
    await user.click(screen.getByText('Options'));
    await user.click(screen.getByRole('switch', { name: /Forget pictures/ }));
    await user.click(submit());
    await waitFor(() => {
      expect(gateway.calls(LOAD)[0]?.body).toMatchObject({
        source: { recursive: true },
        on_duplicate: 'keep',
        report_duplicates: false,
        sync: true,
        allow_mass_removal: false,
      });
    });
  });

  test('says what is wrong with the folder until another is typed', async () => {
    gateway.on(LOAD, () => problem(422, 'path_not_found'));
    const { user } = show(<FolderForm collection="shoes" />);
    await user.type(folder(), '/phots');
    await user.click(submit());
    expect(await screen.findByRole('alert')).toHaveTextContent('There is no such folder');
    expect(folder()).toBeInvalid();
    await user.type(folder(), 'x');
    expect(screen.queryByRole('alert')).toBeNull();
    expect(folder()).toBeValid();
  });

  test('says how to open a folder where none is', async () => {
    gateway.on('GET /api/v2/system', () => system({ image_roots: [] }));
    show(<FolderForm collection="shoes" />);
    expect(await screen.findByText(/No folder is open to Lookalike/)).toBeVisible();
  });

  test('offers the only root and what is in it', async () => {
    gateway.on('GET /api/v2/folders', () => ({
      items: [{ name: '2024', path: '/photos/2024' }],
      next_cursor: null,
    }));
    const { user } = show(<FolderForm collection="shoes" />);
    await user.click(await screen.findByRole('button', { name: '2024' }));
    expect(folder()).toHaveValue('/photos/2024');
    expect(gateway.calls('GET /api/v2/folders')[0]?.query).toEqual({ path: '/photos' });
  });

  test('waits for a collection', async () => {
    const { user } = show(<FolderForm collection="" />);
    await user.type(folder(), '/photos');
    expect(submit()).toBeDisabled();
  });
});
