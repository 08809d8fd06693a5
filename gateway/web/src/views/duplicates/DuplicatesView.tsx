import { Button, SegmentedControl, Title } from '@mantine/core';
import { IconCopy } from '@tabler/icons-react';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { Link, useSearchParams } from 'wouter';

import { duplicatesQuery, useFindDuplicates } from '@/api/duplicates';
import { isActive } from '@/api/jobs';
import type { DuplicateGroup, DuplicatesComputed, Grade } from '@/api/models';
import { ApiProblem } from '@/api/problem';
import { GRADES } from '@/api/rules';
import { PATHS, pathWith } from '@/app/paths';
import { EmptyState } from '@/components/EmptyState';
import { Notice, ProblemNotice } from '@/components/Notice';
import { useCollection } from '@/state/collection';
import { useHidden } from '@/state/decisions';
import { useLiveJobs } from '@/state/liveJobs';
import { useDocumentTitle } from '@/state/useDocumentTitle';
import { formatNumberOf, formatWhen } from '@/text/quantities';
import { JobProgress } from '@/views/jobs/JobProgress';

import classes from './DuplicatesView.module.css';
import { GroupList } from './GroupList';

const NAMES: Record<Grade, { tab: string; one: string; none: string }> = {
  identical: { tab: 'Identical', one: 'group of equal files', none: 'No two files are equal' },
  copy: { tab: 'Copies', one: 'group of copies', none: 'No picture is a copy of another' },
  similar: { tab: 'Similar', one: 'group of similar pictures', none: 'No further pictures are similar' },
};

/** Groups of pictures that show the same: keep one, forget the others, or say that they differ. */
export default function DuplicatesView() {
  const { name, collection, collections } = useCollection();
  const { jobs } = useLiveJobs();
  const [params, setParams] = useSearchParams();
  const asked = params.get('grade');
  const grade = GRADES.find((one) => one === asked) ?? 'identical';
  useDocumentTitle(name ? `${name} · Duplicates` : 'Duplicates');
  const known = collection !== undefined;
  const list = useInfiniteQuery({ ...duplicatesQuery(name, grade), enabled: known });
  const find = useFindDuplicates(name);
  const images = useHidden(name);
  const decided = useHidden(name, 'groups');
  const loaded = useMemo(() => list.data?.pages.flatMap(({ items }) => items) ?? [], [list.data]);
  const groups = useMemo(
    () => loaded.filter((group) => !decided.has(group.id) && left(group, images) > 1),
    [loaded, decided, images],
  );
  const [first] = list.data?.pages ?? [];
  const count = (first?.count ?? 0) - (loaded.length - groups.length);
  const job = jobs.find(
    (one) => one.source.kind === 'duplicates' && one.collection === name && isActive(one),
  );
  const never = list.error instanceof ApiProblem && list.error.code === 'duplicates_not_computed';
  const start = (
    <Button
      variant={never ? 'filled' : 'default'}
      leftSection={<IconCopy size={18} aria-hidden />}
      loading={find.isPending}
      disabled={job !== undefined}
      onClick={() => {
        find.mutate();
      }}
    >
      {first ? 'Look again' : 'Find duplicates'}
    </Button>
  );
  return (
    <div className={classes.view}>
      <div className={classes.line}>
        <Title order={1}>
          Duplicates in <span className={classes.collection}>{name}</span>
        </Title>
        {!never && (first ?? list.error) && start}
      </div>
      {collections && !known && name !== '' && (
        <EmptyState
          title={`There is no collection “${name}” yet`}
          action={
            <Button component={Link} href={pathWith(PATHS.jobs, { collection: name })}>
              Load pictures
            </Button>
          }
        >
          The first load into it creates it. Or choose another collection above.
        </EmptyState>
      )}
      {find.error && <ProblemNotice problem={find.error} />}
      {job && (
        <section className={classes.job} aria-label="Looking for duplicates">
          <p className={classes.words} role="status">
            Each picture’s nearest neighbours are being searched. The list below follows when that is done.
          </p>
          <JobProgress job={job} />
        </section>
      )}
      {list.error && !never && <ProblemNotice problem={list.error} />}
      {never && !job && (
        <EmptyState title="Nobody has looked for duplicates yet" action={start}>
          Lookalike compares each picture with those most like it, and groups what shows the same.
        </EmptyState>
      )}
      {first && (
        <>
          <div className={classes.line}>
            <SegmentedControl
              aria-label="How alike"
              data={GRADES.map((value) => ({ value, label: NAMES[value].tab }))}
              value={grade}
              onChange={(next) => {
                setParams(
                  (before) => {
                    const after = new URLSearchParams(before);
                    after.set('grade', next);
                    return after;
                  },
                  { replace: true },
                );
              }}
            />
            <p className={`${classes.words} numbers`} role="status">
              {formatNumberOf(count, NAMES[grade].one, NAMES[grade].one.replace('group', 'groups'))}
              {', '}
              {lookedAt(first.computed)}
            </p>
          </div>
          {first.computed.identical_only && grade !== 'identical' && (
            <Notice title="Only equal files can be found here">
              The weights of this collection have no match curve, which tells copies from strangers. An
              administrator can fit one: make fit-match.
            </Notice>
          )}
          {groups.length === 0 && !first.computed.identical_only && !list.hasNextPage && (
            <EmptyState title={NAMES[grade].none}>
              What was loaded since the last look is not in these lists: look again after a load.
            </EmptyState>
          )}
          {groups.length === 0 &&
            first.computed.identical_only &&
            !list.hasNextPage &&
            grade === 'identical' && (
              <EmptyState title={NAMES.identical.none}>
                What was loaded since the last look is not in this list: look again after a load.
              </EmptyState>
            )}
          <GroupList
            key={`${name} ${grade}`}
            collection={name}
            groups={groups}
            total={count}
            hasMore={list.hasNextPage}
            loading={list.isFetchingNextPage}
            loadMore={() => void list.fetchNextPage()}
          />
        </>
      )}
    </div>
  );
}

function lookedAt({ images, computed_at }: DuplicatesComputed): string {
  return `among ${formatNumberOf(images, 'picture')}, ${formatWhen(computed_at)}`;
}

/** How many images a group has without those that are being forgotten. */
function left({ size, images }: DuplicateGroup, hidden: ReadonlySet<string>): number {
  return size - images.filter(({ id }) => hidden.has(id)).length;
}
