import { Button, Select } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import { lazy, Suspense, useCallback, useEffect, useMemo } from 'react';
import { Link, useLocation } from 'wouter';

import { faultsIn } from '@/api/filter';
import { imagesQuery, type Order } from '@/api/images';
import type { Side } from '@/api/models';
import { PATHS, pathWith } from '@/app/paths';
import { Collapsible } from '@/components/Collapsible';
import { EmptyState } from '@/components/EmptyState';
import { FilterFields } from '@/components/filter/FilterFields';
import { PictureGrid } from '@/components/grid/PictureGrid';
import { SelectionBar } from '@/components/grid/SelectionBar';
import { useSelection } from '@/components/grid/useSelection';
import { ProblemNotice } from '@/components/Notice';
import { useCollection } from '@/state/collection';
import { marked } from '@/state/examples';
import { useHidden } from '@/state/decisions';
import { useLibraryAddress } from '@/state/useAddress';
import { useDocumentTitle } from '@/state/useDocumentTitle';

import { CollectionHead } from './CollectionHead';
import { DayField } from './DayField';
import classes from './LibraryView.module.css';
import { ExampleBar } from './ExampleBar';

const Lightbox = lazy(() => import('@/components/lightbox/Lightbox'));

const ORDERS: { value: Order; label: string }[] = [
  { value: '-added_at', label: 'Newest first' },
  { value: 'added_at', label: 'Oldest first' },
  { value: '-taken_at', label: 'Last taken first' },
  { value: 'taken_at', label: 'First taken first' },
];

export default function LibraryView() {
  const { name, collection, collections } = useCollection();
  const [address, change] = useLibraryAddress();
  const [, navigate] = useLocation();
  useDocumentTitle(name ? `${name} · Library` : 'Library');
  const { tag, folder, where, day, order, open } = address;
  const known = collection !== undefined;
  const list = useInfiniteQuery({
    ...imagesQuery(name, { tag, folder, where, day }, order),
    enabled: known,
  });
  const hidden = useHidden(name);
  const pictures = useMemo(
    () => list.data?.pages.flatMap(({ items }) => items).filter(({ id }) => !hidden.has(id)) ?? [],
    [list.data, hidden],
  );
  const selection = useSelection(pictures);
  const { hasNextPage, isFetchingNextPage, fetchNextPage } = list;
  const loadMore = useCallback(() => {
    if (!isFetchingNextPage) void fetchNextPage({ cancelRefetch: false });
  }, [isFetchingNextPage, fetchNextPage]);
  // All that was loaded may be forgotten while more is there.
  const none = list.isSuccess && pictures.length === 0;
  const forgotten = none && list.data.pages.some(({ items }) => items.length > 0);
  useEffect(() => {
    if (none && hasNextPage) loadMore();
  }, [none, hasNextPage, loadMore]);
  const onOpen = useCallback(
    (id: string) => {
      change({ open: id });
    },
    [change],
  );

  const onExample = useCallback(
    (id: string, side: Side) => {
      change(marked(address, id, side), { replace: true });
    },
    [address, change],
  );

  const narrowed = [tag, folder, day, ...where].some((one) => one !== undefined);
  const total = narrowed
    ? hasNextPage
      ? undefined
      : pictures.length
    : (collection?.count ?? 0) - hidden.size;
  return (
    <>
      <CollectionHead />
      {known && (collection.count > 0 || narrowed) && (
        <Collapsible title="Filter and order" set={[tag, folder, day, ...where].filter(Boolean).length}>
          <div className={classes.tools}>
            <FilterFields
              collection={name}
              filter={{ tag, folder, where }}
              faults={faultsIn(list.error, address)}
              onChange={(filter) => {
                selection.clear();
                change(filter, { replace: true });
              }}
            />
            <DayField
              settled={day ?? ''}
              onSettled={(next) => {
                selection.clear();
                change({ day: next || undefined }, { replace: true });
              }}
            />
            <Select
              label="Order"
              className={classes.order ?? ''}
              data={ORDERS}
              value={order}
              allowDeselect={false}
              onChange={(next) => {
                if (next) change({ order: next }, { replace: true });
              }}
            />
          </div>
        </Collapsible>
      )}
      {list.error && <ProblemNotice problem={list.error} />}
      {collections && !known && name !== '' && (
        <EmptyState title={`There is no collection “${name}” yet`} action={<LoadButton collection={name} />}>
          The first load into it creates it. Or choose another collection above.
        </EmptyState>
      )}
      {forgotten && !hasNextPage && (
        <EmptyState title="All of these are forgotten">Undo shows them again, for a few seconds.</EmptyState>
      )}
      {none && !forgotten && !hasNextPage && (
        <EmptyState
          title={narrowed ? 'No picture matches' : 'Nothing is in here yet'}
          action={narrowed ? undefined : <LoadButton collection={name} />}
        >
          {narrowed
            ? 'Clear some of the filter to see more.'
            : 'Load a folder of the server or upload pictures; then they can be found by their looks.'}
        </EmptyState>
      )}
      {pictures.length > 0 && (
        <PictureGrid
          pictures={pictures}
          label="Pictures"
          selection={selection}
          examples={address}
          onExample={onExample}
          total={total}
          hasMore={hasNextPage}
          loadMore={loadMore}
          onOpen={onOpen}
        />
      )}
      <ExampleBar collection={name} examples={address} change={change} />
      <SelectionBar collection={name} pictures={pictures} selection={selection} />
      {open !== undefined && pictures.length > 0 && (
        <Suspense>
          <Lightbox
            collection={name}
            pictures={pictures}
            open={open}
            examples={address}
            onExample={onExample}
            onShow={(id) => {
              change({ open: id }, { replace: true });
            }}
            onClose={() => {
              change({ open: undefined }, { replace: true });
            }}
            onSimilar={(image) => {
              navigate(pathWith(PATHS.search, { collection: name, image }));
            }}
          />
        </Suspense>
      )}
    </>
  );
}

function LoadButton({ collection }: { collection: string }) {
  return (
    <Button component={Link} href={pathWith(PATHS.jobs, { collection })}>
      Load pictures
    </Button>
  );
}
