import { useInfiniteQuery, useQueryClient } from '@tanstack/react-query';
import { createContext, type ReactNode, useContext, useEffect, useMemo, useRef, useState } from 'react';

import { collectionsQuery } from '@/api/collections';
import { isActive, jobsQuery, putJob } from '@/api/jobs';
import { JobStream } from '@/api/jobStream';
import type { Job } from '@/api/models';
import type { ApiProblem } from '@/api/problem';
import { systemQuery } from '@/api/system';

// A browser opens six connections to one host over HTTP/1.1, in all its tabs together; streams
// that took them all would leave none for the page's other calls. Further jobs are polled.
const STREAMS = 2;
/** How often a collection's count is read again while something is loaded. */
const COUNT_MS = 3_000;

interface LiveJobs {
  jobs: readonly Job[];
  /** Whether the jobs have been read at all. */
  known: boolean;
  /** Why the list or what a stream tells could not be read; null while nothing is the matter. */
  problem: Error | null;
  /** Whether a stream broke off and is being opened again. */
  connectionLost: boolean;
  hasOlder: boolean;
  showOlder: () => void;
}

const Context = createContext<LiveJobs | null>(null);

/** Follows the jobs for the whole page: one stream each for the newest under way. */
export function LiveJobsProvider({ children }: { children: ReactNode }) {
  const client = useQueryClient();
  const list = useInfiniteQuery(jobsQuery(STREAMS));
  const jobs = useMemo(() => list.data?.pages.flatMap(({ items }) => items) ?? [], [list.data]);
  const [lost, setLost] = useState<ReadonlySet<string>>(new Set());
  const [unreadable, setUnreadable] = useState<ApiProblem | null>(null);
  const followed = jobs
    .filter(isActive)
    .slice(0, STREAMS)
    .map(({ id }) => id)
    .join(' ');

  useEffect(() => {
    const streams = followed
      .split(' ')
      .filter(Boolean)
      .map((id) => {
        const mark = (open: boolean) => {
          setLost((before) => {
            if (before.has(id) === !open) return before;
            const after = new Set(before);
            if (open) after.delete(id);
            else after.add(id);
            return after;
          });
        };
        let readable = true;
        const readList = () => client.invalidateQueries({ queryKey: ['jobs'] });
        return new JobStream(id, {
          onEvent: (event) => {
            // The files that failed are read by the page, as the job's count of them changes.
            if (event.kind === 'failure') return;
            if (!readable) setUnreadable(null);
            readable = true;
            putJob(client, event.job);
          },
          onProblem: (problem) => {
            setUnreadable(problem);
            if (readable) void readList();
            readable = false;
          },
          onEnd: () => {
            mark(true);
            if (!readable) void readList();
          },
          onConnection: (open) => {
            mark(open);
            // What else is away is told at once, too, and not when it is next asked for.
            if (!open) void client.invalidateQueries({ queryKey: systemQuery.queryKey });
          },
        });
      });
    return () => {
      for (const stream of streams) stream.close();
      setLost(new Set());
      setUnreadable(null);
    };
  }, [followed, client]);

  // Whoever follows a job, a stream or the list: what it loaded is there once it ends.
  const active = jobs
    .filter(isActive)
    .map(({ id }) => id)
    .join(' ');
  const before = useRef('');
  useEffect(() => {
    const still = active.split(' ');
    const ended = before.current.split(' ').some((id) => id !== '' && !still.includes(id));
    before.current = active;
    if (!ended) return undefined;
    const refresh = () => {
      for (const key of [...collectionsQuery.queryKey, 'images', 'search', 'duplicates']) {
        void client.invalidateQueries({ queryKey: [key] });
      }
    };
    refresh();
    // Milvus may count what was written last only a moment later.
    const timer = setTimeout(refresh, COUNT_MS);
    return () => {
      clearTimeout(timer);
    };
  }, [active, client]);

  const working = followed !== '';
  useEffect(() => {
    if (!working) return undefined;
    const timer = setInterval(() => {
      void client.invalidateQueries({ queryKey: collectionsQuery.queryKey });
    }, COUNT_MS);
    return () => {
      clearInterval(timer);
    };
  }, [working, client]);

  const { isSuccess, error, hasNextPage, fetchNextPage } = list;
  const value = useMemo<LiveJobs>(
    () => ({
      jobs,
      known: isSuccess,
      problem: error ?? unreadable,
      connectionLost: lost.size > 0,
      hasOlder: hasNextPage,
      showOlder: () => void fetchNextPage(),
    }),
    [jobs, isSuccess, error, unreadable, lost, hasNextPage, fetchNextPage],
  );
  return <Context value={value}>{children}</Context>;
}

export function useLiveJobs(): LiveJobs {
  const value = useContext(Context);
  if (!value) throw new Error('useLiveJobs is used outside LiveJobsProvider');
  return value;
}
