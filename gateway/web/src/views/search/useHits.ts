import { useInfiniteQuery } from '@tanstack/react-query';
import { useCallback, useMemo } from 'react';

import type { Hit } from '@/api/models';
import { type SearchQuestion, searchQuery } from '@/api/search';
import { useHidden } from '@/state/decisions';

export interface Hits {
  /** Best first, each once; undefined before the first page. */
  hits: readonly Hit[] | undefined;
  /** How many that were found are not among them, being forgotten. */
  forgotten: number;
  /** What the smallest match or score is of: the collection's vectors have a match or none. */
  scale: 'match' | 'score';
  /** Milliseconds that the first page took. */
  took: number | undefined;
  hasMore: boolean;
  loadMore: () => void;
  error: Error | null;
  isFetching: boolean;
  /** Whether the hits are those of the question before. */
  isStale: boolean;
  again: () => void;
}

/** The hits of a search, page after page. */
export function useHits(question: SearchQuestion | null): Hits {
  const query = useInfiniteQuery(searchQuery(question));
  const { data, hasNextPage, isFetchingNextPage, fetchNextPage, refetch } = query;
  const hidden = useHidden(question?.collection ?? '');
  const found = useMemo(
    // A picture that was loaded meanwhile moves the others from one page to the next.
    () => data && new Map(data.pages.flatMap((page) => page.hits.map((hit) => [hit.id, hit]))),
    [data],
  );
  const hits = useMemo(
    () => found && [...found.values()].filter(({ id }) => !hidden.has(id)),
    [found, hidden],
  );
  const loadMore = useCallback(() => {
    if (!isFetchingNextPage) void fetchNextPage({ cancelRefetch: false });
  }, [isFetchingNextPage, fetchNextPage]);
  const again = useCallback(() => void refetch(), [refetch]);
  const [first] = hits ?? [];
  return {
    hits,
    forgotten: (found?.size ?? 0) - (hits?.length ?? 0),
    scale: first?.match === null ? 'score' : 'match',
    took: data?.pages[0]?.took_ms.total,
    hasMore: hasNextPage,
    loadMore,
    error: query.error,
    isFetching: query.isFetching,
    isStale: query.isPlaceholderData,
    again,
  };
}
