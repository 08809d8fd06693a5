import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query';

import { api } from './client';
import { putJob } from './jobs';
import type { StandingSourceInput } from './models';
import { untilBack, unwrap } from './problem';

const KEY = 'standing sources';
/** How often the next run and the last job are read again. */
const CALM_MS = 15_000;

/** The sources that are kept with a collection, the oldest first. */
export function standingSourcesQuery(collection: string) {
  return queryOptions({
    queryKey: [KEY, collection],
    queryFn: ({ signal }) =>
      unwrap(
        api.GET('/api/v2/collections/{collection}/sources', { params: { path: { collection } }, signal }),
      ),
    ...untilBack,
    refetchInterval: CALM_MS,
  });
}

/** Keeps a source with a collection. */
export function useKeepSource(collection: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (body: StandingSourceInput) =>
      unwrap(
        api.POST('/api/v2/collections/{collection}/sources', { params: { path: { collection } }, body }),
      ),
    onSuccess: () => client.invalidateQueries({ queryKey: [KEY, collection] }),
  });
}

export type SourceAction = 'run' | 'pause' | 'resume' | 'delete';

/** Does something with a source that is kept. */
export function useSourceAction(collection: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: async ({ source, action }: { source: string; action: SourceAction }) => {
      const params = { path: { collection, source } };
      if (action === 'run') {
        putJob(
          client,
          await unwrap(api.POST('/api/v2/collections/{collection}/sources/{source}/jobs', { params })),
        );
      } else if (action === 'delete') {
        await unwrap(api.DELETE('/api/v2/collections/{collection}/sources/{source}', { params }));
      } else {
        // What is left out stays, which the generated type does not know.
        const body = { paused: action === 'pause' } as never;
        await unwrap(api.PATCH('/api/v2/collections/{collection}/sources/{source}', { params, body }));
      }
    },
    onSettled: () => client.invalidateQueries({ queryKey: [KEY, collection] }),
  });
}
