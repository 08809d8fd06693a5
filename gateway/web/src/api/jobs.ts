import {
  type InfiniteData,
  infiniteQueryOptions,
  keepPreviousData,
  type QueryClient,
  useMutation,
  useQueryClient,
} from '@tanstack/react-query';

import { api } from './client';
import { collectionsQuery } from './collections';
import type { Failure, Job, LoadInput, Page } from './models';
import { unwrap } from './problem';

const PAGE = 20;
const FAILURES_PAGE = 100;
const CALM_MS = 10_000;
const WATCHING_MS = 2_000;

interface Paging {
  pageParam: string;
  signal: AbortSignal;
}

export function isActive(job: Pick<Job, 'finished'>): boolean {
  return !job.finished;
}

/** Jobs, newest first. Asked for often while more are under way than streams follow. */
export const jobsQuery = (streams: number) =>
  infiniteQueryOptions({
    queryKey: ['jobs'],
    queryFn: ({ pageParam, signal }: Paging): Promise<Page<Job>> => {
      const query = { limit: PAGE, ...(pageParam ? { cursor: pageParam } : {}) };
      return unwrap(api.GET('/api/v2/jobs', { params: { query }, signal }));
    },
    initialPageParam: '',
    getNextPageParam: (page) => page.next_cursor ?? undefined,
    refetchInterval: ({ state }) => {
      const active = (state.data?.pages ?? []).flatMap(({ items }) => items).filter(isActive);
      return active.length > streams || state.error ? WATCHING_MS : CALM_MS;
    },
  });

/** Puts what a stream says of a job into the list. */
export function putJob(client: QueryClient, job: Job): void {
  client.setQueryData<InfiniteData<Page<Job>>>(['jobs'], (data) => {
    if (!data) return data;
    const known = data.pages.some(({ items }) => items.some(({ id }) => id === job.id));
    const pages = data.pages.map((page, index) => ({
      ...page,
      items:
        known || index > 0 ? page.items.map((one) => (one.id === job.id ? job : one)) : [job, ...page.items],
    }));
    return { ...data, pages };
  });
}

export function failuresQuery(job: string, failed: number) {
  return infiniteQueryOptions({
    // The count is part of the key: the table grows as files fail.
    queryKey: ['failures', job, failed],
    queryFn: ({ pageParam, signal }: Paging) => {
      const query = { limit: FAILURES_PAGE, ...(pageParam ? { cursor: pageParam } : {}) };
      // The schema knows CSV as well, which comes only where it is asked for.
      return unwrap(
        api.GET('/api/v2/jobs/{job}/failures', { params: { path: { job }, query }, signal }),
      ) as Promise<Page<Failure>>;
    },
    initialPageParam: '',
    getNextPageParam: (page: Page<Failure>) => page.next_cursor ?? undefined,
    placeholderData: keepPreviousData,
  });
}

/** All failures of a job as CSV. */
export async function failuresCsv(job: string): Promise<Blob> {
  return unwrap<Blob>(
    api.GET('/api/v2/jobs/{job}/failures', {
      params: { path: { job } },
      headers: { Accept: 'text/csv' },
      parseAs: 'blob',
    }),
  );
}

export function useCreateJob() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ collection, body }: { collection: string; body: LoadInput }) =>
      unwrap(api.POST('/api/v2/collections/{collection}/jobs', { params: { path: { collection } }, body })),
    onSuccess: (job) => {
      putJob(client, job);
      return client.invalidateQueries({ queryKey: collectionsQuery.queryKey });
    },
  });
}

export type JobAction = 'pause' | 'resume' | 'cancel' | 'retry';

export function useJobAction() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ job, action }: { job: string; action: JobAction }) =>
      unwrap(api.POST(`/api/v2/jobs/{job}/${action}`, { params: { path: { job } } })),
    onSuccess: (job) => {
      putJob(client, job);
    },
  });
}
