import { screen } from '@testing-library/react';
import { expect, test, vi } from 'vitest';

import { ForgetDialog } from '@/components/ForgetDialog';

import { show } from '../support/render';

const FILE = { uri: 'file:///photos/a.jpg' };
const UPLOAD = { uri: 'upload://b' };

test.each([
  [[FILE], 1, /The file in its folder stays/],
  [[UPLOAD], 1, /What was uploaded is deleted/],
  [[FILE, UPLOAD], 2, /Files in folders stay; those that were uploaded are deleted/],
  // Of twenty-two that are not known, some may have been uploaded.
  [[FILE, FILE], 24, /^24 pictures.*Files in folders stay; those that were uploaded are deleted/],
  [[UPLOAD], 2, /Files in folders stay; those that were uploaded are deleted/],
])('what becomes of %j among %i is said', async (pictures, count, words) => {
  show(<ForgetDialog opened pictures={pictures} count={count} onClose={vi.fn()} onConfirm={vi.fn()} />);
  expect(await screen.findByText(words)).toBeVisible();
});
