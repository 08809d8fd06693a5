import { useQuery } from '@tanstack/react-query';
import { useCallback, useEffect } from 'react';
import { useSearchParams } from 'wouter';

import { collectionsQuery } from '@/api/collections';
import type { Collection } from '@/api/models';
import { systemQuery } from '@/api/system';

const REMEMBERED = 'lookalike.collection';

interface Chosen {
  /** The collection's name; empty until it is known which there are. */
  name: string;
  /** What the gateway says of it; undefined while loading or when it does not exist (yet). */
  collection: Collection | undefined;
  collections: readonly Collection[] | undefined;
  choose: (name: string, options?: { replace?: boolean }) => void;
}

/** The collection in use: the address's, else the last one used here, else the default. */
export function useCollection(): Chosen {
  const [params, setParams] = useSearchParams();
  const { data: collections } = useQuery(collectionsQuery);
  const { data: system } = useQuery(systemQuery);
  const named = params.get('collection') ?? '';
  const name = named || fallback(collections, system?.default_collection);

  useEffect(() => {
    if (named) remember(named);
  }, [named]);

  const choose = useCallback(
    (next: string, options?: { replace?: boolean }) => {
      remember(next);
      setParams((before) => switched(before, next), { replace: options?.replace ?? false });
    },
    [setParams],
  );
  return { name, collection: collections?.find((one) => one.name === name), collections, choose };
}

const OF_ONE_COLLECTION = ['image', 'open', 'like', 'unlike', 'tag', 'folder', 'where', 'least'];

/** The address after a change of collection: what named things of the old one is dropped. */
export function switched(params: URLSearchParams, collection: string): URLSearchParams {
  const after = new URLSearchParams(params);
  for (const name of OF_ONE_COLLECTION) after.delete(name);
  if (params.has('image')) after.delete('crop');
  after.set('collection', collection);
  return after;
}

function fallback(collections: readonly Collection[] | undefined, standard: string | undefined): string {
  if (!collections || standard === undefined) return '';
  const names = collections.map((one) => one.name);
  const last = localStorage.getItem(REMEMBERED);
  if (last && names.includes(last)) return last;
  return names.includes(standard) ? standard : (names[0] ?? standard);
}

function remember(name: string): void {
  localStorage.setItem(REMEMBERED, name);
}
