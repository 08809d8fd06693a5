import { screen, waitFor } from '@testing-library/react';
import { beforeEach, describe, expect, test, vi } from 'vitest';

import { type UploadTarget, uploads } from '@/state/uploads';
import type { Limits } from '@/state/uploadBatches';
import { UploadForm } from '@/views/jobs/UploadForm';

import { gateway } from '../../support/gateway';
import { system } from '../../support/models';
import { show } from '../../support/render';

const given = vi.fn<(files: string[], target: UploadTarget, limits: Limits) => void>();

const picture = (name: string, type = '') => new File(['x'], name, { type });

async function open() {
  const view = show(<UploadForm collection="shoes" />);
  await waitFor(() => {
    expect(screen.getByRole('button', { name: 'Choose a folder' })).toBeEnabled();
  });
  return view;
}

const chooseFolder = () => screen.getByLabelText('Folder to upload');

describe('uploads', () => {
  beforeEach(() => {
    given.mockReset();
    vi.spyOn(uploads, 'add').mockImplementation((files, target, limits) => {
      given(
        files.map(({ name }) => name),
        target,
        limits,
      );
    });
  });

  test('say what may be sent', async () => {
    await open();
    expect(
      screen.getByText(/up to 1 MiB each\. JPEG, PNG, WebP, GIF, BMP, TIFF, AVIF and HEIC\./),
    ).toBeVisible();
  });

  test('keep within the limits that the gateway names', async () => {
    gateway.on('GET /api/v2/system', () => {
      const { limits, ...rest } = system();
      return { ...rest, limits: { ...limits, max_upload_mb: 3, max_upload_files: 7 } };
    });
    const { user } = await open();
    await user.upload(chooseFolder(), [picture('a.jpg')]);
    expect(given).toHaveBeenCalledWith(
      ['a.jpg'],
      { collection: 'shoes', tags: [] },
      { bytes: 3 * 1024 * 1024, files: 7 },
    );
  });

  test('of a folder leave out what the gateway does not read as a picture', async () => {
    const { user } = await open();
    const files = [
      picture('a.JPG'),
      picture('b', 'image/png'),
      picture('c.txt'),
      picture('d.svg', 'image/svg+xml'),
    ];
    await user.upload(chooseFolder(), files);
    expect(given.mock.lastCall?.[0]).toEqual(['a.JPG', 'b']);
    expect(screen.getByText('2 files left out: no picture or archive by name.')).toBeVisible();
  });

  test('go by the formats that the API names', async () => {
    gateway.on('GET /api/v2/system', () =>
      system({ formats: [{ name: 'gif', media_type: 'image/gif', extensions: ['gif'] }] }),
    );
    const { user } = await open();
    await user.upload(chooseFolder(), [picture('a.jpg', 'image/jpeg'), picture('b.gif', 'image/gif')]);
    expect(given.mock.lastCall?.[0]).toEqual(['b.gif']);
  });

  test('send a single file whatever it is called', async () => {
    const { user } = await open();
    await user.upload(chooseFolder(), [picture('notes.txt')]);
    expect(given.mock.lastCall?.[0]).toEqual(['notes.txt']);
    expect(screen.queryByText(/left out/)).toBeNull();
  });

  test('carry the tags that were typed', async () => {
    const { user } = await open();
    await user.click(screen.getByText('Options'));
    await user.type(screen.getByRole('combobox', { name: /Tags/ }), 'new{Enter}');
    await user.upload(chooseFolder(), [picture('a.jpg')]);
    expect(given.mock.lastCall?.[1]).toEqual({ collection: 'shoes', tags: ['new'] });
  });
});
