import { useQuery } from '@tanstack/react-query';

import { imageQuery } from '@/api/images';
import { THUMBNAIL_SIZE } from '@/api/rules';
import type { Subject } from '@/api/search';
import type { SearchAddress } from '@/state/address';
import { keptPicture } from '@/state/pictures';
import { fileName } from '@/state/reference';
import { thumbnail } from '@/text/links';

/** What is searched with, as far as it is known yet. */
export type SubjectState =
  | { state: 'none' }
  | { state: 'reading' }
  /** The picture was given to another browser, or long ago. */
  | { state: 'elsewhere' }
  | { state: 'failed'; problem: unknown }
  | { state: 'ready'; subject: Subject; name: string; preview: string | null };

/** The picture that the address names: one of this browser, one on the web, or a stored image. */
export function useSubject(address: SearchAddress, collection: string): SubjectState {
  const { picture: key, url } = address;
  const kept = useQuery({
    queryKey: ['kept', key],
    queryFn: () => (key ? keptPicture(key) : null),
    enabled: key !== undefined,
    staleTime: Infinity,
    retry: false,
  });
  const stored = useQuery(imageQuery(collection, (key ?? url) ? '' : (address.image ?? '')));

  if (key !== undefined) {
    if (kept.data === null) return { state: 'elsewhere' };
    if (!kept.data) return { state: 'reading' };
    const { file, url: preview } = kept.data;
    const subject = { kind: 'file' as const, key, file };
    return { state: 'ready', subject, name: file.name, preview };
  }
  // The page asks no other server for pictures: the gateway alone fetches this one.
  if (url !== undefined) return { state: 'ready', subject: { kind: 'url', url }, name: url, preview: null };
  if (address.image === undefined) return { state: 'none' };
  if (stored.error) return { state: 'failed', problem: stored.error };
  if (!stored.data) return { state: 'reading' };
  return {
    state: 'ready',
    subject: { kind: 'image', id: stored.data.id },
    name: fileName(stored.data.uri),
    preview: thumbnail(stored.data, THUMBNAIL_SIZE.maximum),
  };
}
