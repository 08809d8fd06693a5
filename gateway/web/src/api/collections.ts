import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query';

import { api } from './client';
import type { Collection, CollectionInput } from './models';
import { RETRY_MS, unwrap } from './problem';
import { PAGE_SIZE } from './rules';

const CALM_MS = 10_000;

async function allCollections(signal: AbortSignal): Promise<Collection[]> {
  const found: Collection[] = [];
  let cursor: string | null | undefined;
  do {
    const query = { limit: PAGE_SIZE.maximum, ...(cursor ? { cursor } : {}) };
    const page = await unwrap(api.GET('/api/v2/collections', { params: { query }, signal }));
    found.push(...page.items);
    cursor = page.next_cursor;
  } while (cursor);
  return found;
}

export const collectionsQuery = queryOptions({
  queryKey: ['collections'],
  queryFn: ({ signal }) => allCollections(signal),
  refetchInterval: ({ state }) => (state.error ? RETRY_MS : CALM_MS),
});

export function useCreateCollection() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (body: CollectionInput) => unwrap(api.POST('/api/v2/collections', { body })),
    onSuccess: () => client.invalidateQueries({ queryKey: collectionsQuery.queryKey }),
  });
}

export function useDeleteCollection() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (collection: string) =>
      unwrap(api.DELETE('/api/v2/collections/{collection}', { params: { path: { collection } } })),
    onSuccess: (_, collection) => {
      void client.invalidateQueries({ queryKey: ['jobs'] });
      client.removeQueries({ queryKey: ['images', collection] });
      client.removeQueries({ queryKey: ['search', collection] });
      return client.invalidateQueries({ queryKey: collectionsQuery.queryKey });
    },
  });
}
