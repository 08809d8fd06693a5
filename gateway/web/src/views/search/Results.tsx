import { Button, Loader, SegmentedControl, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { lazy, Suspense, useMemo } from 'react';

import type { Hit } from '@/api/models';
import { type SearchQuestion, searchQuery } from '@/api/search';
import { ProblemNotice } from '@/components/Notice';
import type { Measure, SearchAddress } from '@/state/address';
import type { Change } from '@/state/useAddress';
import { formatNumberOf } from '@/text/quantities';

import { HitGrid } from './HitGrid';
import classes from './Results.module.css';

const Lightbox = lazy(() => import('@/components/lightbox/Lightbox'));

interface ResultsProps {
  question: SearchQuestion;
  address: SearchAddress;
  change: Change<SearchAddress>;
}

export function Results({ question, address, change }: ResultsProps) {
  const query = useQuery(searchQuery(question));
  const { data, error, isFetching, isPending, isPlaceholderData } = query;
  // The hits are the best of the collection, best first: leaving out those below a score here is
  // what the API's min_score does, without encoding the picture again.
  const hits = useMemo(
    () => data?.hits.filter(({ score }) => score >= address.least) ?? [],
    [data, address.least],
  );
  const { measure } = address;

  if (error) {
    const again = (
      <Button variant="default" loading={isFetching} onClick={() => void query.refetch()}>
        Try again
      </Button>
    );
    return <ProblemNotice problem={error} action={again} />;
  }
  if (isPending) {
    return (
      <p className={classes.waiting} role="status">
        <Loader size="sm" color="ink" /> Looking for its likes…
      </p>
    );
  }
  return (
    <>
      <div className={classes.head}>
        <p className={classes.summary} role="status">
          <strong>{summary(hits, data.hits, address)}</strong>
          <span className={`${classes.took} numbers`}>{Math.round(data.took_ms.total)} ms</span>
        </p>
        <SegmentedControl<Measure>
          size="xs"
          aria-label="Shown on each result"
          data={[
            { value: 'score', label: 'Score' },
            { value: 'distance', label: 'Distance' },
          ]}
          value={measure}
          onChange={(next) => {
            change({ measure: next }, { replace: true });
          }}
        />
      </div>
      {hits.length === 0 && <Nothing address={address} found={data.hits.length} />}
      <div className={classes.grid} aria-busy={isFetching} data-stale={isPlaceholderData}>
        <HitGrid
          hits={hits}
          measure={measure}
          onOpen={(open) => {
            change({ open });
          }}
        />
      </div>
      {address.open !== undefined && (
        <Suspense>
          <Lightbox
            collection={question.collection}
            pictures={hits}
            open={address.open}
            measures={new Map(hits.map(({ id, score, distance }) => [id, { score, distance }]))}
            onShow={(open) => {
              change({ open }, { replace: true });
            }}
            onClose={() => {
              change({ open: undefined }, { replace: true });
            }}
            onSimilar={(image) => {
              change({ image, picture: undefined, crop: undefined, open: undefined });
            }}
          />
        </Suspense>
      )}
    </>
  );
}

function summary(shown: readonly Hit[], found: readonly Hit[], { least }: SearchAddress): string {
  if (shown.length === found.length) return formatNumberOf(found.length, 'result');
  return `${shown.length} of ${formatNumberOf(found.length, 'result')} score ${least.toFixed(2)} or more`;
}

function Nothing({ address, found }: { address: SearchAddress; found: number }) {
  const narrowed = address.tag ?? address.folder;
  return (
    <Text c="dimmed">
      {found > 0 && 'Nothing is as alike as that. Lower the smallest score to see more.'}
      {found === 0 &&
        narrowed &&
        'No picture matches the tag and folder. Clear them to search the whole collection.'}
      {found === 0 && !narrowed && 'The collection is empty. Load some pictures first.'}
    </Text>
  );
}
