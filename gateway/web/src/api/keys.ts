import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query';

import { api } from './client';
import type { KeyInput } from './models';
import { untilBack, unwrap } from './problem';

const KEYS = ['keys'];

/** The keys that are stored with the server, the oldest first. */
export const keysQuery = queryOptions({
  queryKey: KEYS,
  queryFn: ({ signal }) => unwrap(api.GET('/api/v2/keys', { signal })),
  ...untilBack,
});

/** Makes a key; what is answered is the only thing that ever says it. */
export function useCreateKey() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (body: KeyInput) => unwrap(api.POST('/api/v2/keys', { body })),
    // Nothing but the dialog keeps the key.
    gcTime: 0,
    onSuccess: () => client.invalidateQueries({ queryKey: KEYS }),
  });
}

export function useRevokeKey() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (key: string) => unwrap(api.DELETE('/api/v2/keys/{key}', { params: { path: { key } } })),
    onSettled: () => client.invalidateQueries({ queryKey: KEYS }),
  });
}
