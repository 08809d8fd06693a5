import { queryOptions } from '@tanstack/react-query';

import { api } from './client';
import type { System } from './models';
import { unwrap } from './problem';

const CALM_MS = 5_000;
const ANXIOUS_MS = 2_000;

/** What runs, and with which weights and limits; asked for again and again as a sign of life. */
export const systemQuery = queryOptions({
  queryKey: ['system'],
  queryFn: ({ signal }) => unwrap(api.GET('/api/v2/system', { signal })),
  retry: false,
  refetchInterval: ({ state: { data, error } }) => (error || !hasEncoder(data) ? ANXIOUS_MS : CALM_MS),
});

/** Whether a picture can be searched with; not known before the gateway has answered. */
export function hasEncoder(system: System | undefined): boolean {
  return system?.workers.some(({ queue }) => queue === 'query') ?? true;
}

const MIB = 1024 * 1024;

/** The largest body of a request that carries pictures, in bytes. */
export function largestUpload({ limits }: System): number {
  return limits.max_upload_mb * MIB;
}

/** Files that a field may name beside folders. */
export type FileSort = 'archives' | 'lists';

/** What is in a folder inside the image roots: its sub-folders, and files of one sort. */
export function foldersQuery(path: string, files?: FileSort) {
  const query = { path, ...(files ? { files } : {}) };
  return queryOptions({
    queryKey: ['folders', path, files],
    queryFn: ({ signal }) => unwrap(api.GET('/api/v2/folders', { params: { query }, signal })),
    staleTime: 30_000,
    retry: false,
  });
}

export async function signOut(): Promise<void> {
  await unwrap(api.DELETE('/api/v2/session'));
}

export async function signIn(apiKey: string): Promise<void> {
  await unwrap(api.POST('/api/v2/session', { body: { api_key: apiKey } }));
}
