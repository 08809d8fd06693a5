import { keepPreviousData, queryOptions } from '@tanstack/react-query';

import { api } from './client';
import { unwrap } from './problem';

/** The most frequent values of a field that begin with a text, with how many images have each. */
export function facetsQuery(collection: string, field: string, prefix: string) {
  return queryOptions({
    queryKey: ['facets', collection, field, prefix],
    queryFn: ({ signal }) =>
      unwrap(
        api.GET('/api/v2/collections/{collection}/facets', {
          params: { path: { collection }, query: { field, prefix } },
          signal,
        }),
      ),
    placeholderData: keepPreviousData,
    staleTime: 30_000,
    retry: false,
  });
}
