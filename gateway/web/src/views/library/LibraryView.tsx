import { Button, Select } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import { lazy, Suspense, useCallback, useMemo } from 'react';
import { Link, useLocation } from 'wouter';

import { imagesQuery, type Order } from '@/api/images';
import { PATHS, pathWith } from '@/app/paths';
import { Collapsible } from '@/components/Collapsible';
import { EmptyState } from '@/components/EmptyState';
import { FilterFields } from '@/components/FilterFields';
import { ProblemNotice } from '@/components/Notice';
import { useCollection } from '@/state/collection';
import { useLibraryAddress } from '@/state/useAddress';
import { useDocumentTitle } from '@/state/useDocumentTitle';

import { CollectionHead } from './CollectionHead';
import { DayField } from './DayField';
import classes from './LibraryView.module.css';
import { PictureGrid } from './PictureGrid';
import { SelectionBar } from './SelectionBar';
import { useSelection } from './useSelection';

const Lightbox = lazy(() => import('@/components/lightbox/Lightbox'));

const ORDERS: { value: Order; label: string }[] = [
  { value: '-added_at', label: 'Newest first' },
  { value: 'added_at', label: 'Oldest first' },
];

export default function LibraryView() {
  const { name, collection, collections } = useCollection();
  const [address, change] = useLibraryAddress();
  const [, navigate] = useLocation();
  useDocumentTitle(name ? `${name} · Library` : 'Library');
  const { tag, folder, day, order, open } = address;
  const known = collection !== undefined;
  const list = useInfiniteQuery({
    ...imagesQuery(name, { tag, folder, day }, order),
    enabled: known,
  });
  const pictures = useMemo(() => list.data?.pages.flatMap(({ items }) => items) ?? [], [list.data]);
  const selection = useSelection(pictures);
  const { hasNextPage, isFetchingNextPage, fetchNextPage } = list;
  const loadMore = useCallback(() => {
    if (!isFetchingNextPage) void fetchNextPage();
  }, [isFetchingNextPage, fetchNextPage]);
  const onOpen = useCallback(
    (id: string) => {
      change({ open: id });
    },
    [change],
  );

  const narrowed = tag !== undefined || folder !== undefined || day !== undefined;
  const total = narrowed ? (hasNextPage ? undefined : pictures.length) : collection?.count;
  return (
    <>
      <CollectionHead />
      {known && (collection.count > 0 || narrowed) && (
        <Collapsible title="Filter and order" set={[tag, folder, day].filter(Boolean).length}>
          <div className={classes.tools}>
            <FilterFields
              tag={tag}
              folder={folder}
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
      {list.isSuccess && pictures.length === 0 && (
        <EmptyState
          title={narrowed ? 'No picture matches' : 'Nothing is in here yet'}
          action={narrowed ? undefined : <LoadButton collection={name} />}
        >
          {narrowed
            ? 'Clear the tag, the folder or the day to see more.'
            : 'Load a folder of the server or upload pictures; then they can be found by their looks.'}
        </EmptyState>
      )}
      {pictures.length > 0 && (
        <PictureGrid
          pictures={pictures}
          selection={selection}
          total={total}
          hasMore={hasNextPage}
          loadMore={loadMore}
          onOpen={onOpen}
        />
      )}
      <SelectionBar collection={name} pictures={pictures} selection={selection} />
      {open !== undefined && pictures.length > 0 && (
        <Suspense>
          <Lightbox
            collection={name}
            pictures={pictures}
            open={open}
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
