import { describe, expect, test } from 'vitest';

import { cutBatches, looksLikeArchive, looksLikePicture, spreadProgress } from '@/state/uploadBatches';

import { FORMATS } from '../support/models';

const MB = 1_000_000;
const sized = (...sizes: number[]) => sizes.map((size) => ({ size }));

describe('uploads are cut into requests', () => {
  test('that keep within the bytes', () => {
    const { batches, refused } = cutBatches(sized(6 * MB, 5 * MB, 4 * MB), { bytes: 10 * MB, files: 100 });
    expect(batches.map((batch) => batch.map(({ size }) => size))).toEqual([[6 * MB], [5 * MB, 4 * MB]]);
    expect(refused).toEqual([]);
  });

  test('that keep within the number of files', () => {
    const { batches } = cutBatches(sized(1, 1, 1, 1, 1), { bytes: 10 * MB, files: 2 });
    expect(batches.map((batch) => batch.length)).toEqual([2, 2, 1]);
  });

  test('without the files that fit into none', () => {
    const { batches, refused } = cutBatches(sized(1, 11 * MB, 2), { bytes: 10 * MB, files: 10 });
    expect(batches).toEqual([sized(1, 2)]);
    expect(refused).toEqual(sized(11 * MB));
  });

  test('of which there are none for no file', () => {
    expect(cutBatches([], { bytes: 1, files: 1 }).batches).toEqual([]);
  });
});

describe('progress of a request is spread over its files', () => {
  test('in their order', () => {
    expect(spreadProgress([100, 200, 100], 200, 400)).toEqual([1, 0.5, 0]);
  });

  test('whatever the form adds to them', () => {
    expect(spreadProgress([100, 100], 600, 600)).toEqual([1, 1]);
    expect(spreadProgress([100, 100], 300, 600)).toEqual([1, 0]);
  });

  test('where some are empty and the total is not known yet', () => {
    expect(spreadProgress([0, 100], 0, 0)).toEqual([1, 0]);
    expect(spreadProgress([0], 5, 10)).toEqual([0]);
  });
});

test('what goes alone has a request of its own, wherever it stands', () => {
  const files = [{ size: 1 }, { size: 2, alone: true }, { size: 3 }, { size: 1_000_000_000, alone: true }];
  const { batches, refused } = cutBatches(files, { bytes: 1_000_000, files: 10 });
  expect(batches.map((batch) => batch.map(({ size }) => size))).toEqual([[2], [1, 3]]);
  expect(refused).toEqual([files[3]]);
});

test.each(['a.ZIP', 'a.tar', 'a.tar.gz', 'a.tgz', 'a.tar.zst', 'a.tar.xz'])('%s is an archive', (name) => {
  expect(looksLikeArchive({ name })).toBe(true);
});

test.each(['zip', 'a.zip.txt', 'a.gz', 'a.jpg'])('%s is no archive', (name) => {
  expect(looksLikeArchive({ name })).toBe(false);
});

describe('of a chosen folder', () => {
  test.each([
    ['photo.JPG', '', true],
    ['photo.heic', '', true],
    ['photo', 'image/png', true],
    ['scan.HEIF', 'image/heif', true],
    ['raw.cr2', 'image/x-canon-cr2', false],
    ['jpg', '', false],
    ['drawing.svg', 'image/svg+xml', false],
    ['notes.txt', 'text/plain', false],
    ['.hidden.jpg', 'image/jpeg', false],
    ['Thumbs.db', '', false],
  ])('%s of type %j is sent: %j', (name, type, sent) => {
    expect(looksLikePicture({ name, type }, FORMATS)).toBe(sent);
  });
});
