import type { Job } from '@/api/models';

import { formatNumberOf } from './quantities';

/** What a job, or a standing source, reads. */
export function sourceText(source: Job['source']): string {
  if (source.kind === 'directory') {
    return `${source.path}${narrowing(source, source.recursive ? '' : ', without sub-folders')}`;
  }
  if (source.kind === 'bucket') return `${source.url}${narrowing(source)}`;
  if (source.kind === 'archive') return source.path;
  if (source.kind === 'urls') {
    if (source.path === null) return formatNumberOf(source.addresses ?? 0, 'address', 'addresses');
    return `Addresses in ${source.path}${source.column === null ? '' : `, column ${source.column}`}`;
  }
  if (source.kind === 'upload') return formatNumberOf(source.files, 'uploaded picture');
  if (source.kind === 'calibration') return 'Thresholds of the collection';
  if (source.kind === 'deletion') {
    const tag = source.tag === null ? '' : ` tagged “${source.tag}”`;
    const folder = source.path_prefix === null ? '' : ` in ${source.path_prefix}`;
    return `Forgets the images${tag}${folder}${source.filter === null ? '' : ' that match a filter'}`;
  }
  if (source.kind === 'reencoding') return `Encodes all images anew: ${source.pooling}, ${source.index.type}`;
  if (source.kind === 'duplicates') return 'Finds duplicates';
  if (source.kind === 'export') return `Exports the collection${source.uploads ? '' : ', without uploads'}`;
  if (source.kind === 'import') return `Import of ${source.export}`;
  return `Retry of ${formatNumberOf(source.files, 'failed file')}`;
}

function narrowing({ pattern, exclude }: { pattern: string | null; exclude: string[] }, depth = ''): string {
  const without = exclude.length > 0 ? `, but not ${exclude.join(', ')}` : '';
  return `${pattern ? `, ${pattern}` : ''}${depth}${without}`;
}
