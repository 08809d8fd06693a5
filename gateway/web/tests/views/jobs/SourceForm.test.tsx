import { screen, waitFor } from '@testing-library/react';
import { describe, expect, test } from 'vitest';

import { SourceForm } from '@/views/jobs/SourceForm';

import { gateway, problem, Reply } from '../../support/gateway';
import { job, standing, system } from '../../support/models';
import { show } from '../../support/render';

const LOAD = 'POST /api/v2/collections/shoes/jobs';
const folder = () => screen.getByRole('combobox', { name: 'Folder' });
const submit = () => screen.getByRole('button', { name: 'Load folder' });

describe('a folder', () => {
  test('sends the defaults, and the path without spaces around it', async () => {
    gateway.on(LOAD, () => job());
    const { user } = show(<SourceForm collection="shoes" />);
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
    const { user } = show(<SourceForm collection="shoes" />);
    await user.type(folder(), '/photos');
    await user.click(screen.getByText('Options'));
    await user.click(screen.getByRole('switch', { name: 'Sub-folders too' }));
    await user.click(screen.getByRole('switch', { name: /Leave out copies/ }));
    await user.type(screen.getByRole('textbox', { name: 'Only files that match' }), '*.jpg');
    await user.type(screen.getByRole('combobox', { name: 'No files or folders that match' }), 'raw{Enter}');
    await user.type(screen.getByRole('combobox', { name: 'Tags for all of them' }), 'summer{Enter}');
    await user.click(submit());
    await waitFor(() => {
      expect(gateway.calls(LOAD)[0]?.body).toMatchObject({
        source: { recursive: false, pattern: '*.jpg', exclude: ['raw'] },
        on_duplicate: 'skip',
        sync: false,
        allow_mass_removal: false,
        tags: ['summer'],
      });
    });
  });

  test('asks to forget what is gone only when told to', async () => {
    gateway.on(LOAD, () => job());
    const { user } = show(<SourceForm collection="shoes" />);
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
    const { user } = show(<SourceForm collection="shoes" />);
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
    show(<SourceForm collection="shoes" />);
    expect(await screen.findByText(/No folder is open to Lookalike/)).toBeVisible();
  });

  test('offers the only root and what is in it', async () => {
    gateway.on('GET /api/v2/folders', () => ({
      items: [{ name: '2024', path: '/photos/2024' }],
      next_cursor: null,
    }));
    const { user } = show(<SourceForm collection="shoes" />);
    await user.click(await screen.findByRole('button', { name: '2024' }));
    expect(folder()).toHaveValue('/photos/2024');
    expect(gateway.calls('GET /api/v2/folders')[0]?.query).toEqual({ path: '/photos' });
  });

  test('waits for a collection', async () => {
    const { user } = show(<SourceForm collection="" />);
    await user.type(folder(), '/photos');
    expect(submit()).toBeDisabled();
  });
});

describe('a source that the server reaches', () => {
  const open = async (kind: string) => {
    gateway.on(LOAD, () => job());
    gateway.on('GET /api/v2/system', () => system({ bucket_roots: ['s3://photos/2020'] }));
    const { user } = show(<SourceForm collection="shoes" />);
    await user.click(screen.getByRole('radio', { name: kind }));
    return user;
  };

  test('may be an archive, completed from those of a folder', async () => {
    gateway.on('GET /api/v2/folders', () => ({
      items: [{ name: 'a.zip', path: '/photos/a.zip', kind: 'file' }],
      next_cursor: null,
    }));
    const user = await open('Archive');
    await user.type(screen.getByRole('combobox', { name: 'Archive' }), '/photos/');
    await user.click(await screen.findByRole('option', { name: '/photos/a.zip' }));
    expect(gateway.calls('GET /api/v2/folders').at(-1)?.query).toEqual({
      path: '/photos',
      files: 'archives',
    });
    await user.click(screen.getByRole('button', { name: 'Load archive' }));
    await waitFor(() => {
      expect(gateway.calls(LOAD)[0]?.body).toMatchObject({
        source: { kind: 'archive', path: '/photos/a.zip' },
      });
    });
  });

  test('may be a bucket, chosen among the roots or below them', async () => {
    const user = await open('Bucket');
    const bucket = screen.getByRole('combobox', { name: 'Bucket' });
    await user.click(bucket);
    await user.click(await screen.findByRole('option', { name: 's3://photos/2020' }));
    await user.type(bucket, '/may');
    await user.click(screen.getByText('Options'));
    await user.type(screen.getByRole('textbox', { name: 'Only files that match' }), '*.jpg');
    await user.click(screen.getByRole('switch', { name: /whose object is gone/ }));
    await user.click(screen.getByRole('button', { name: 'Load bucket' }));
    await waitFor(() => {
      expect(gateway.calls(LOAD)[0]?.body).toMatchObject({
        source: { kind: 'bucket', url: 's3://photos/2020/may', pattern: '*.jpg', exclude: [] },
        sync: true,
      });
    });
  });

  test('may be a folder of a bucket, completed step by step', async () => {
    gateway.on('GET /api/v2/folders', () => ({
      items: [{ name: 'may', path: 's3://photos/2020/may', kind: 'folder' }],
      next_cursor: null,
    }));
    const user = await open('Bucket');
    const bucket = screen.getByRole('combobox', { name: 'Bucket' });
    await user.type(bucket, 's3://photos/2020/');
    await user.click(await screen.findByRole('option', { name: 's3://photos/2020/may' }));
    expect(bucket).toHaveValue('s3://photos/2020/may');
    expect(gateway.calls('GET /api/v2/folders').at(-1)?.query).toEqual({ path: 's3://photos/2020' });
  });

  test('that is no bucket root says so at its field', async () => {
    const user = await open('Bucket');
    gateway.on(LOAD, () => problem(422, 'bucket_outside_roots'));
    const bucket = screen.getByRole('combobox', { name: 'Bucket' });
    await user.type(bucket, 's3://others');
    await user.click(screen.getByRole('button', { name: 'Load bucket' }));
    expect(await screen.findByRole('alert')).toHaveTextContent('LOOKALIKE_BUCKET_ROOTS');
    expect(bucket).toBeInvalid();
  });
});

describe('a source that should be loaded by itself', () => {
  const KEEP = 'POST /api/v2/collections/shoes/sources';
  const open = async () => {
    const { user } = show(<SourceForm collection="shoes" />);
    await user.type(folder(), '/photos');
    await user.click(screen.getByText('Load it again by itself'));
    const schedule = screen.getByRole('textbox', { name: 'Schedule' });
    return { user, schedule, keep: screen.getByRole('button', { name: 'Keep this source' }) };
  };

  test('is kept with its options, its schedule and what watches it, and not loaded now', async () => {
    gateway.on(KEEP, () => standing());
    const { user, schedule, keep } = await open();
    await user.click(screen.getByText('Options'));
    await user.click(screen.getByRole('switch', { name: /Forget pictures/ }));
    await user.clear(schedule);
    await user.type(schedule, '*/5 * * * *');
    await user.click(screen.getByRole('switch', { name: /Watch the folder/ }));
    await user.click(keep);
    expect(await screen.findByText(/It is kept/)).toBeVisible();
    expect(gateway.calls(KEEP).map(({ body }) => body)).toEqual([
      {
        source: { kind: 'directory', path: '/photos', recursive: true, pattern: null, exclude: [] },
        on_duplicate: 'keep',
        sync: true,
        cron: '*/5 * * * *',
        watch: true,
        paused: false,
      },
    ]);
    expect(gateway.calls(LOAD)).toEqual([]);
  });

  test('says what is wrong with its schedule at the field; Enter there does not load', async () => {
    const errors = [{ field: 'body.cron', message: 'no such schedule' }];
    const refused = { code: 'validation_error', detail: '', title: '', status: 422, errors };
    gateway.on(KEEP, () => new Reply(422, refused));
    const { user, schedule } = await open();
    await user.type(schedule, '{Enter}');
    expect(await screen.findByRole('alert')).toHaveTextContent('no such schedule');
    expect(schedule).toBeInvalid();
    expect(gateway.calls(LOAD)).toEqual([]);
    await user.type(schedule, '1');
    expect(schedule).toBeValid();
  });

  test('says what else is wrong below', async () => {
    gateway.on(KEEP, () => problem(422, 'path_not_found'));
    const { user, keep } = await open();
    await user.click(keep);
    expect(await screen.findByRole('alert')).toHaveTextContent('There is no such folder or file');
  });

  test('is none that is pasted', async () => {
    const { user } = await open();
    await user.click(screen.getByRole('radio', { name: 'Addresses' }));
    await user.type(screen.getByRole('textbox', { name: 'Addresses' }), 'https://example.org/a.jpg');
    await user.click(screen.getByText('Load it again by itself'));
    expect(screen.getByText(/Only addresses in a file/)).toBeVisible();
    expect(screen.getByRole('button', { name: 'Keep this source' })).toBeDisabled();
  });
});
