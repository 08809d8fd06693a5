import { useLocalStorage } from '@mantine/hooks';

/** Whether this browser signed in: the session itself is in a cookie that no script can read. */
export function useSignedIn() {
  return useLocalStorage({
    key: 'lookalike.signed-in',
    defaultValue: false,
    getInitialValueInEffect: false,
  });
}
