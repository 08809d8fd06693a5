import { useSyncExternalStore } from 'react';

import { forgetImages } from '@/api/images';

export interface Forgotten {
  collection: string;
  images: readonly string[];
  /** Called once the gateway has forgotten them; they stay hidden until what it returns is done. */
  onDone: () => Promise<unknown>;
  /** Called where it could not: they are shown again. */
  onFailed: (problem: unknown) => void;
}

interface Pending extends Forgotten {
  /** Whether the gateway was asked already. */
  sent: boolean;
  timer: ReturnType<typeof setTimeout> | null;
}

type Send = typeof forgetImages;

/** For how long forgetting can be undone. */
export const UNDO_MS = 8_000;
const NONE: ReadonlySet<string> = new Set();

/**
 * Pictures that a person has forgotten, and the gateway not yet: hidden at once, sent once the time
 * for undoing is over, or before the page is left.
 */
export class Forgetting {
  private readonly pending = new Map<number, Pending>();
  private hidden: ReadonlyMap<string, ReadonlySet<string>> = new Map();
  private nextKey = 0;
  private readonly listeners = new Set<() => void>();

  constructor(private readonly send: Send = forgetImages) {}

  readonly subscribe = (listener: () => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  /** The pictures of a collection that are not to be seen. */
  readonly hiddenIn = (collection: string) => this.hidden.get(collection) ?? NONE;

  /** Hides pictures and forgets them after a while; returns the key by which that is undone. */
  add(forgotten: Forgotten): number {
    const key = this.nextKey++;
    this.pending.set(key, { ...forgotten, timer: null, sent: false });
    this.resume(key);
    this.tell();
    return key;
  }

  /** Shows them again; nothing is sent. Too late, once the time is over. */
  undo(key: number): void {
    const one = this.pending.get(key);
    if (!one || one.sent) return;
    this.pause(key);
    this.pending.delete(key);
    this.tell();
  }

  /** Stops the time for as long as somebody looks at the question. */
  pause(key: number): void {
    const one = this.pending.get(key);
    if (!one) return;
    if (one.timer) clearTimeout(one.timer);
    one.timer = null;
  }

  resume(key: number): void {
    const one = this.pending.get(key);
    if (!one || one.sent || one.timer) return;
    one.timer = setTimeout(() => void this.finish(key, false), UNDO_MS);
  }

  /** Sends all of it now, also where the page is about to go. */
  async flush(): Promise<void> {
    await Promise.all([...this.pending.keys()].map((key) => this.finish(key, true)));
  }

  private async finish(key: number, leaving: boolean): Promise<void> {
    const one = this.pending.get(key);
    if (!one || one.sent) return;
    this.pause(key);
    one.sent = true;
    try {
      await this.send(one.collection, one.images, { keepalive: leaving });
      await one.onDone();
    } catch (problem) {
      one.onFailed(problem);
    }
    this.pending.delete(key);
    this.tell();
  }

  private tell(): void {
    const hidden = new Map<string, Set<string>>();
    for (const { collection, images } of this.pending.values()) {
      const ids = hidden.get(collection) ?? new Set();
      for (const id of images) ids.add(id);
      hidden.set(collection, ids);
    }
    this.hidden = hidden;
    for (const listener of this.listeners) listener();
  }
}

export const forgetting = new Forgetting();

/** The pictures of a collection that are forgotten and can still be had back. */
export function useHidden(collection: string): ReadonlySet<string> {
  return useSyncExternalStore(forgetting.subscribe, () => forgetting.hiddenIn(collection));
}
