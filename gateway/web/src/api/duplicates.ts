import {
  type InfiniteData,
  infiniteQueryOptions,
  type QueryClient,
  useMutation,
  useQueryClient,
} from '@tanstack/react-query';

import { api } from './client';
import { putJob } from './jobs';
import type { DuplicateGroup, DuplicateGroupList, Grade } from './models';
import { untilBack, unwrap } from './problem';

const PAGE = 50;

/** The groups of a grade as they were computed last, those of most images first. */
export function duplicatesQuery(collection: string, grade: Grade) {
  return infiniteQueryOptions({
    queryKey: ['duplicates', collection, grade],
    queryFn: ({ pageParam, signal }) =>
      unwrap(
        api.GET('/api/v2/collections/{collection}/duplicates', {
          params: {
            path: { collection },
            query: { grade, limit: PAGE, ...(pageParam ? { cursor: pageParam } : {}) },
          },
          signal,
        }),
      ),
    initialPageParam: '',
    getNextPageParam: (page) => page.next_cursor ?? undefined,
    ...untilBack,
  });
}

/** Queues the job that finds duplicates. */
export function useFindDuplicates(collection: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: () =>
      unwrap(api.POST('/api/v2/collections/{collection}/duplicates', { params: { path: { collection } } })),
    onSuccess: (job) => {
      putJob(client, job);
    },
  });
}

/** Says that a group's images are no duplicates of each other, also where the page goes meanwhile. */
export function dismissGroup(collection: string, group: string): Promise<unknown> {
  return unwrap(
    api.POST('/api/v2/collections/{collection}/duplicates/{group}/dismiss', {
      params: { path: { collection, group } },
      keepalive: true,
    }),
  );
}

/** Forgets the images of a group but for one, also where the page goes meanwhile; a call forgets so many. */
export async function resolveGroup(collection: string, group: string, keep: string): Promise<void> {
  const path = { collection, group };
  for (let left = 1; left > 0;) {
    ({ left } = await unwrap(
      api.POST('/api/v2/collections/{collection}/duplicates/{group}/resolve', {
        params: { path },
        body: { keep: [keep] },
        keepalive: true,
      }),
    ));
  }
}

/** Takes a group out of the list in place; lists of other grades may hold some of its images too. */
export function takeOut(client: QueryClient, collection: string, group: DuplicateGroup): Promise<unknown> {
  const key = ['duplicates', collection, group.grade];
  client.setQueryData<InfiniteData<DuplicateGroupList>>(key, (data) => {
    if (!data) return data;
    const pages = data.pages.map((page) => ({
      ...page,
      count: Math.max(0, page.count - 1),
      items: page.items.filter(({ id }) => id !== group.id),
    }));
    return { ...data, pages };
  });
  return client.invalidateQueries({
    queryKey: ['duplicates', collection],
    predicate: ({ queryKey: [, , grade] }) => grade !== group.grade,
  });
}
