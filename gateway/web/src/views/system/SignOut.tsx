import { Button } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { IconLogout } from '@tabler/icons-react';
import { useMutation, useQueryClient } from '@tanstack/react-query';

import { explainShortly } from '@/api/remedies';
import { signOut } from '@/api/system';
import { decisions } from '@/state/decisions';
import { useSignedIn } from '@/state/session';

/** Ends the session that this browser began; nothing where it needed none. */
export function SignOut() {
  const client = useQueryClient();
  const [signedIn, setSignedIn] = useSignedIn();
  const leave = useMutation({
    mutationFn: async () => {
      // What was decided is sent while it still may be.
      await decisions.flush();
      await signOut();
    },
    onSuccess: () => {
      setSignedIn(false);
      // Nothing that was read with the key is shown any longer.
      return client.resetQueries();
    },
    onError: (problem) => {
      notifications.show({ message: explainShortly(problem), color: 'red' });
    },
  });
  if (!signedIn) return null;
  return (
    <Button
      variant="default"
      leftSection={<IconLogout size={18} aria-hidden />}
      loading={leave.isPending}
      onClick={() => {
        leave.mutate();
      }}
    >
      Sign out
    </Button>
  );
}
