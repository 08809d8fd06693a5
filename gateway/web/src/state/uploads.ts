import { useSyncExternalStore } from 'react';

import type { Job, UploadedFile } from '@/api/models';
import { ApiProblem } from '@/api/problem';
import { explainShortly } from '@/api/remedies';
import { uploadImages } from '@/api/upload';
import { formatCount, formatNumberOf } from '@/text/quantities';

import { cutBatches, type Limits, looksLikeArchive, spreadProgress } from './uploadBatches';

export interface UploadItem {
  key: number;
  file: File;
  state: 'waiting' | 'sending' | 'sent' | 'refused';
  /** 0 to 1. */
  progress: number;
  problem?: string;
}

export interface UploadTarget {
  collection: string;
  tags: readonly string[];
}

interface Batch {
  target: UploadTarget;
  keys: number[];
}

type Send = typeof uploadImages;

/** The uploads of this page: they go on while the person looks at another view. */
export class Uploads {
  private items: readonly UploadItem[] = [];
  private waiting: Batch[] = [];
  private running: AbortController | null = null;
  private nextKey = 0;
  private readonly listeners = new Set<() => void>();
  /** Called with the job of each request that the gateway accepted. */
  onJob: (job: Job) => void = () => undefined;

  constructor(private readonly sendFiles: Send = uploadImages) {}

  readonly subscribe = (listener: () => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  readonly snapshot = () => this.items;

  add(files: readonly File[], target: UploadTarget, limits: Limits): void {
    const added = files.map((file): UploadItem => ({
      key: this.nextKey++,
      file,
      state: 'waiting',
      progress: 0,
    }));
    // The reply names what is in an archive, so that nothing else may be in its request.
    const sized = added.map(({ key, file }) => ({ key, size: file.size, alone: looksLikeArchive(file) }));
    const { batches, refused } = cutBatches(sized, limits);
    const tooLarge = new Set(refused.map(({ key }) => key));
    const problem = explainShortly(new ApiProblem(413, 'too_large', ''));
    this.set([
      ...this.items,
      ...added.map((item) =>
        tooLarge.has(item.key) ? { ...item, state: 'refused' as const, problem } : item,
      ),
    ]);
    this.waiting.push(...batches.map((batch) => ({ target, keys: batch.map(({ key }) => key) })));
    void this.run();
  }

  /** Stops what is being sent and forgets what waits; what was sent stays with its job. */
  stop(): void {
    this.waiting = [];
    this.running?.abort();
    this.set(this.items.filter(({ state }) => state === 'sent' || state === 'refused'));
  }

  /** Clears what has ended from the list. */
  clear(): void {
    this.set(this.items.filter(({ state }) => state === 'waiting' || state === 'sending'));
  }

  private async run(): Promise<void> {
    if (this.running) return;
    for (let batch = this.waiting.shift(); batch; batch = this.waiting.shift()) {
      this.running = new AbortController();
      await this.send(batch, this.running.signal);
    }
    this.running = null;
  }

  private async send({ target, keys }: Batch, signal: AbortSignal): Promise<void> {
    const chosen = new Set(keys);
    const items = this.items.filter(({ key }) => chosen.has(key));
    const files = items.map(({ file }) => file);
    const sizes = files.map(({ size }) => size);
    this.change(keys, () => ({ state: 'sending' }));
    try {
      const onProgress = (sent: number, total: number) => {
        const parts = spreadProgress(sizes, sent, total);
        this.change(keys, (index) => ({ progress: parts[index] ?? 0 }));
      };
      const upload = await this.sendFiles({ ...target, files, onProgress, signal });
      this.change(keys, (index) =>
        keys.length === 1 ? settledAlone(upload.files) : settled(upload.files[index]),
      );
      this.onJob(upload);
    } catch (error) {
      if (signal.aborted) return;
      this.change(keys, () => ({ state: 'refused', problem: explainShortly(error) }));
    }
  }

  private change(keys: readonly number[], part: (index: number) => Partial<UploadItem>): void {
    const places = new Map(keys.map((key, index) => [key, index]));
    this.set(
      this.items.map((item) => {
        const place = places.get(item.key);
        return place === undefined ? item : { ...item, ...part(place) };
      }),
    );
  }

  private set(items: readonly UploadItem[]): void {
    this.items = items;
    for (const listener of this.listeners) listener();
  }
}

/** What a file's item says once the gateway has answered. */
function settled(file: UploadedFile | undefined): Partial<UploadItem> {
  if (file?.outcome !== 'rejected') return { state: 'sent', progress: 1 };
  return {
    state: 'refused',
    problem: explainShortly(new ApiProblem(422, file.code ?? '', file.reason ?? '')),
  };
}

/** What the item of a file says that was sent alone: it may be an archive, of several files. */
function settledAlone(files: readonly UploadedFile[]): Partial<UploadItem> {
  const rejected = files.filter(({ outcome }) => outcome === 'rejected');
  const item = settled(rejected[0] ?? files[0]);
  if (rejected.length === 0 || rejected.length === files.length) return item;
  const { problem = '' } = item;
  return {
    state: 'sent',
    progress: 1,
    problem: `Without ${formatNumberOf(rejected.length, 'file')} of ${formatCount(files.length)}. ${problem}`,
  };
}

export const uploads = new Uploads();

export function useUploads(): readonly UploadItem[] {
  return useSyncExternalStore(uploads.subscribe, uploads.snapshot);
}
