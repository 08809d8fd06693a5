import { screen, waitFor } from '@testing-library/react';
import { expect, test } from 'vitest';

import { SignIn } from '@/app/SignIn';

import { gateway, problem, Reply } from '../support/gateway';
import { show } from '../support/render';

const SESSION = 'POST /api/v2/session';
const field = () => screen.getByLabelText('API key');

test('a key is sent on Enter, and everything is then read again', async () => {
  gateway.on(SESSION, () => new Reply(204, null));
  const { user, client } = show(<SignIn />);
  client.setQueryData(['system'], {});
  await user.type(field(), 'a-key{Enter}');
  await waitFor(() => {
    expect(client.getQueryState(['system'])?.isInvalidated).toBe(true);
  });
  expect(gateway.calls(SESSION).map(({ body }) => body)).toEqual([{ api_key: 'a-key' }]);
  expect(field()).toBeValid();
});

test('an empty key is not sent', async () => {
  const { user } = show(<SignIn />);
  await user.click(screen.getByRole('button', { name: 'Sign in' }));
  expect(gateway.calls(SESSION)).toEqual([]);
});

test('a second key is not sent while the first is checked', async () => {
  let answer: (reply: Reply) => void = () => undefined;
  gateway.on(SESSION, () => new Promise<Reply>((resolve) => (answer = resolve)));
  const { user } = show(<SignIn />);
  await user.type(field(), 'a-key');
  const button = screen.getByRole('button', { name: 'Sign in' });
  await user.click(button);
  await waitFor(() => {
    expect(button).toBeDisabled();
  });
  answer(new Reply(204, null));
  await waitFor(() => {
    expect(button).toBeEnabled();
  });
});

test.each([
  [problem(401, 'unauthorized'), 'This key is not known. Check it for typing errors.'],
  [problem(503, 'redis_unavailable'), /The job ledger is away/],
])('an error is shown at the field, and the key kept', async (reply, text) => {
  gateway.on(SESSION, () => reply);
  const { user } = show(<SignIn />);
  await user.type(field(), 'wrong{Enter}');
  expect(await screen.findByText(text)).toBeVisible();
  expect(field()).toBeInvalid();
  expect(field()).toHaveValue('wrong');
});

test('the key is hidden until it is asked to be shown', async () => {
  const { user } = show(<SignIn />);
  expect(field()).toHaveAttribute('type', 'password');
  await user.click(screen.getByRole('button', { name: 'Show the key', hidden: true }));
  expect(field()).toHaveAttribute('type', 'text');
});
