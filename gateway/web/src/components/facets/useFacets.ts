import { useDebouncedValue } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';

import { facetsQuery } from '@/api/facets';

const TYPING_MS = 150;

/** How many images of a collection have each value of a field that begins with what is typed. */
export function useFacets(
  collection: string,
  field: string,
  text: string,
  wanted: boolean,
): ReadonlyMap<string, number> {
  const [typed] = useDebouncedValue(text, TYPING_MS);
  const { data } = useQuery({
    ...facetsQuery(collection, field, typed.trim()),
    enabled: wanted && collection !== '',
  });
  return new Map(data?.items.map(({ value, count }) => [String(value), count]));
}
