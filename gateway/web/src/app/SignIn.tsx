import { Button, PasswordInput } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';

import { ApiProblem } from '@/api/problem';
import { explainShortly } from '@/api/remedies';
import { signIn } from '@/api/system';
import { Notice } from '@/components/Notice';
import { useSignedIn } from '@/state/session';

import classes from './SignIn.module.css';

/** Asks for an API key and keeps it in a cookie that no script can read. */
export function SignIn() {
  const client = useQueryClient();
  const [key, setKey] = useState('');
  const [, setSignedIn] = useSignedIn();
  const session = useMutation({
    mutationFn: signIn,
    onSuccess: () => {
      setSignedIn(true);
      return client.invalidateQueries();
    },
  });
  const problem = session.error;
  const refused = problem instanceof ApiProblem && problem.status === 401;
  return (
    <Notice title="An API key is needed">
      <p className={classes.words}>This Lookalike lets in only who has a key: ask whoever runs it for one.</p>
      <form
        className={classes.form}
        onSubmit={(event) => {
          event.preventDefault();
          session.mutate(key);
        }}
      >
        <PasswordInput
          label="API key"
          autoComplete="current-password"
          required
          withAsterisk={false}
          value={key}
          onChange={(event) => {
            setKey(event.currentTarget.value);
          }}
          // Mantine's PasswordInput does not set it.
          aria-invalid={problem !== null}
          error={
            problem &&
            (refused ? 'This key is not known. Check it for typing errors.' : explainShortly(problem))
          }
          visibilityToggleButtonProps={{ 'aria-label': 'Show the key' }}
        />
        <Button type="submit" loading={session.isPending}>
          Sign in
        </Button>
      </form>
    </Notice>
  );
}
