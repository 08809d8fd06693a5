import type { PictureFormat } from '@/api/models';

export interface Limits {
  /** Largest body of one request, in bytes. */
  bytes: number;
  files: number;
}

/** Room in a request for its boundaries, headers and fields. */
const OVERHEAD = 64 * 1024;
const PER_FILE = 512;

/**
 * Cuts files into requests that keep within the limits, those that go `alone` each into one of its
 * own; a file too large for any stands in `refused`.
 */
export function cutBatches<T extends { size: number; alone?: boolean }>(
  files: readonly T[],
  limits: Limits,
): { batches: T[][]; refused: T[] } {
  const room = limits.bytes - OVERHEAD;
  const batches: T[][] = [];
  const refused: T[] = [];
  let batch: T[] = [];
  let filled = 0;
  for (const file of files) {
    const size = file.size + PER_FILE;
    if (size > room) {
      refused.push(file);
      continue;
    }
    if (file.alone) {
      batches.push([file]);
      continue;
    }
    if (batch.length > 0 && (filled + size > room || batch.length === limits.files)) {
      batches.push(batch);
      batch = [];
      filled = 0;
    }
    batch.push(file);
    filled += size;
  }
  if (batch.length > 0) batches.push(batch);
  return { batches, refused };
}

/**
 * How much of each file is on its way, from what the browser tells of the whole body: a form's
 * parts are sent in order, and what it adds between them is spread by the files' sizes.
 */
export function spreadProgress(sizes: readonly number[], sent: number, total: number): number[] {
  const sum = sizes.reduce((all, size) => all + size, 0);
  let left = total > 0 ? (sent / total) * sum : 0;
  return sizes.map((size) => {
    const part = size === 0 ? Number(sent >= total) : Math.min(1, Math.max(0, left / size));
    left -= size;
    return part;
  });
}

/** Whether a file is an archive by its name; the gateway opens what is one by its content. */
export function looksLikeArchive({ name }: { name: string }): boolean {
  return /\.(zip|tar|tgz|txz|tzst|tar\.(gz|xz|zst))$/i.test(name);
}

/** Whether a file of a chosen folder is worth sending; the gateway looks at its content. */
export function looksLikePicture(
  { name, type }: { name: string; type: string },
  formats: readonly PictureFormat[],
): boolean {
  if (name.startsWith('.')) return false;
  const extension = /\.([^.]+)$/.exec(name)?.[1]?.toLowerCase() ?? '';
  return formats.some(({ media_type, extensions }) => media_type === type || extensions.includes(extension));
}
