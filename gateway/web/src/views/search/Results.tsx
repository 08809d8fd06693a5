import { Button, Loader, Text } from '@mantine/core';
import { lazy, Suspense, useEffect, useMemo } from 'react';

import type { Hit } from '@/api/models';
import type { QueryPicture } from '@/components/lightbox/QueryPane';
import { PictureGrid } from '@/components/grid/PictureGrid';
import { SelectionBar } from '@/components/grid/SelectionBar';
import { useSelection } from '@/components/grid/useSelection';
import { ProblemNotice } from '@/components/Notice';
import type { SearchAddress } from '@/state/address';
import { marked } from '@/state/examples';
import type { Change } from '@/state/useAddress';
import { formatNumberOf } from '@/text/quantities';

import classes from './Results.module.css';
import { AFRESH } from './subjects';
import type { Hits } from './useHits';

const Lightbox = lazy(() => import('@/components/lightbox/Lightbox'));

interface ResultsProps {
  collection: string;
  /** What was searched with, to compare hits with. */
  query?: QueryPicture | undefined;
  found: Hits;
  address: SearchAddress;
  change: Change<SearchAddress>;
}

const ROW_HEIGHT = (width: number) => (width < 500 ? 150 : 210);
/** Few: each page of hits is a search of its own. */
const AHEAD_ROWS = 3;
/** The lightbox asks for more this many pictures before its last. */
const AHEAD = 5;

/** The hits, best first, as many as one scrolls to. */
export function Results({ collection, query, found, address, change }: ResultsProps) {
  const { hits, error, scale, loadMore } = found;
  // The hits are the best of the collection, best first: leaving out those below a match here is
  // what the API's min_match does, without encoding the picture again.
  const shown = useMemo(
    () => hits?.filter((hit) => (hit[scale] ?? 0) >= address.least || address.least === 0) ?? [],
    [hits, scale, address.least],
  );
  const selection = useSelection(shown);
  const hasMore = found.hasMore && shown.length === hits?.length;
  const place = shown.findIndex(({ id }) => id === address.open);
  // All that was found so far may be forgotten while more is to be found.
  const nearEnd = hits?.length === 0 || (place >= 0 && place >= shown.length - AHEAD);
  useEffect(() => {
    if (nearEnd && hasMore) loadMore();
  }, [nearEnd, hasMore, loadMore]);
  const measures = useMemo(() => new Map(shown.map((hit) => [hit.id, hit])), [shown]);

  if (error) {
    const again = (
      <Button variant="default" loading={found.isFetching} onClick={found.again}>
        Try again
      </Button>
    );
    return <ProblemNotice problem={error} action={again} />;
  }
  if (!hits) {
    return (
      <p className={classes.waiting} role="status">
        <Loader size="sm" color="ink" /> Looking for its likes…
      </p>
    );
  }
  return (
    <>
      <p className={classes.summary} role="status">
        <strong>{summary(shown, hits, hasMore, scale, address.least)}</strong>{' '}
        <span className={`${classes.took} numbers`}>{Math.round(found.took ?? 0)} ms</span>
      </p>
      {shown.length === 0 && !hasMore && (
        <Nothing address={address} scale={scale} found={hits.length} forgotten={found.forgotten} />
      )}
      <div className={classes.grid} aria-busy={found.isFetching} data-stale={found.isStale}>
        {shown.length > 0 && (
          <PictureGrid
            pictures={shown}
            label="Hits"
            selection={selection}
            examples={address}
            onExample={(id, side) => {
              change(marked(address, id, side));
            }}
            rowHeight={ROW_HEIGHT}
            ahead={AHEAD_ROWS}
            total={hasMore ? undefined : shown.length}
            hasMore={hasMore}
            loadMore={loadMore}
            onOpen={(open) => {
              change({ open });
            }}
          />
        )}
      </div>
      <SelectionBar collection={collection} pictures={shown} selection={selection} />
      {address.open !== undefined && (
        <Suspense>
          <Lightbox
            collection={collection}
            pictures={shown}
            open={address.open}
            measures={measures}
            query={query}
            examples={address}
            onExample={(id, side) => {
              // An example is no hit any more, so that there is nothing left to show.
              change({ ...marked(address, id, side), open: undefined });
            }}
            onShow={(open) => {
              change({ open }, { replace: true });
            }}
            onClose={() => {
              change({ open: undefined }, { replace: true });
            }}
            onSimilar={(image) => {
              change({ ...AFRESH, image });
            }}
          />
        </Suspense>
      )}
    </>
  );
}

function summary(
  shown: readonly Hit[],
  found: readonly Hit[],
  hasMore: boolean,
  scale: Hits['scale'],
  least: number,
): string {
  const count = formatNumberOf(shown.length, 'result');
  if (shown.length < found.length) return `${count} with a ${scale} of ${least.toFixed(2)} or more`;
  return hasMore ? `${count} so far` : count;
}

interface NothingProps {
  address: SearchAddress;
  scale: Hits['scale'];
  found: number;
  forgotten: number;
}

function Nothing({ address, scale, found, forgotten }: NothingProps) {
  const narrowed = (address.tag ?? address.folder) !== undefined || address.where.length > 0;
  return (
    <Text c="dimmed">
      {found > 0 && `Nothing is as alike as that. Lower the smallest ${scale} to see more.`}
      {found === 0 && forgotten > 0 && 'All that was found is forgotten.'}
      {found === 0 &&
        forgotten === 0 &&
        narrowed &&
        'No picture matches the filter. Clear some of it to search more of the collection.'}
      {found === 0 && forgotten === 0 && !narrowed && 'The collection is empty. Load some pictures first.'}
    </Text>
  );
}
