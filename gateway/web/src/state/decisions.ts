import { useSyncExternalStore } from 'react';

/** What is not to be seen any more once something is decided. */
export interface Hides {
  images: readonly string[];
  /** Groups of duplicates. */
  groups?: readonly string[];
}

export interface Decision {
  collection: string;
  hides: Hides;
  /** An image that has to outlive this: what is decided of it later is sent first. */
  keeps?: string;
  /** How many pictures are forgotten, of which some may not be known; 0 for a group that is dismissed. */
  forgets: number;
  /** Asks the gateway; what is not under way when the page `leaves` has to start at once. */
  send: (leaves: AbortSignal) => Promise<unknown>;
  /** Called when that went well; all stays hidden until what it returns is done. */
  onDone: () => Promise<unknown>;
  /** Called where it did not; all is shown again once what it returns is done. */
  onFailed: (problem: unknown) => Promise<unknown>;
}

interface Pending extends Decision {
  timer: ReturnType<typeof setTimeout> | null;
  leaving: AbortController;
  /** Ends with what the gateway was asked; null before that. */
  sending: Promise<void> | null;
}

/** For how long a decision can be undone. */
export const UNDO_MS = 8_000;
const NONE: ReadonlySet<string> = new Set();

/**
 * What a person has decided, and the gateway does not know yet: hidden at once, sent once the time
 * for undoing is over, or before the page is left.
 */
export class Decisions {
  private readonly pending = new Map<number, Pending>();
  private hidden: Record<keyof Hides, ReadonlyMap<string, ReadonlySet<string>>> = {
    images: new Map(),
    groups: new Map(),
  };
  private undoable: readonly Decision[] = [];
  private paused = false;
  private nextKey = 0;
  private readonly listeners = new Set<() => void>();

  readonly subscribe = (listener: () => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  /** The images or groups of a collection that are not to be seen. */
  readonly hiddenIn = (collection: string, kind: keyof Hides = 'images') =>
    this.hidden[kind].get(collection) ?? NONE;

  /** What can still be undone. */
  readonly open = () => this.undoable;

  /** Hides what is decided, and sends it after a while. */
  add(decision: Decision): void {
    const one = { ...decision, timer: null, leaving: new AbortController(), sending: null };
    const key = this.nextKey++;
    this.pending.set(key, one);
    if (!this.paused) this.start(key, one);
    this.tell();
  }

  /** Takes back all that was not sent yet. */
  undo(): void {
    for (const [key, one] of this.waiting()) {
      this.stop(one);
      this.pending.delete(key);
    }
    this.tell();
  }

  /** Stops the time for as long as somebody looks at the question. */
  pause(): void {
    this.paused = true;
    for (const [, one] of this.waiting()) this.stop(one);
  }

  resume(): void {
    this.paused = false;
    for (const [key, one] of this.waiting()) this.start(key, one);
  }

  /** Sends all of it now, also where the page is about to go. */
  async flush(): Promise<void> {
    for (const { leaving } of this.pending.values()) leaving.abort();
    await Promise.all([...this.pending].map(([key, one]) => this.finish(key, one)));
  }

  private waiting(): [number, Pending][] {
    return [...this.pending].filter(([, { sending }]) => sending === null);
  }

  private start(key: number, one: Pending): void {
    one.timer ??= setTimeout(() => void this.finish(key, one), UNDO_MS);
  }

  private stop(one: Pending): void {
    if (one.timer !== null) clearTimeout(one.timer);
    one.timer = null;
  }

  private finish(key: number, one: Pending): Promise<void> {
    if (one.sending) return one.sending;
    this.stop(one);
    // Later ones only, so that none waits for one that waits for it.
    const before = [...this.pending].filter(
      ([other, { collection, hides }]) =>
        other > key && collection === one.collection && hides.images.some((id) => id === one.keeps),
    );
    const firsts = before.map(([other, later]) => this.finish(other, later));
    one.sending = this.send(key, one, firsts);
    this.tell();
    return one.sending;
  }

  private async send(key: number, one: Pending, firsts: readonly Promise<void>[]): Promise<void> {
    try {
      // What waits for nothing is asked before the page is gone.
      if (firsts.length > 0) await Promise.all(firsts);
      await one.send(one.leaving.signal);
      await one.onDone();
    } catch (problem) {
      await one.onFailed(problem);
    }
    this.pending.delete(key);
    this.tell();
  }

  private tell(): void {
    const all = [...this.pending.values()];
    const hiddenOf = (kind: keyof Hides) => {
      const hidden = new Map<string, Set<string>>();
      for (const { collection, hides } of all) {
        const ids = hidden.get(collection) ?? new Set();
        for (const id of hides[kind] ?? []) ids.add(id);
        hidden.set(collection, ids);
      }
      return hidden;
    };
    this.hidden = { images: hiddenOf('images'), groups: hiddenOf('groups') };
    this.undoable = all.filter(({ sending }) => sending === null);
    // The question goes with the last of them, and nobody looks at it any more.
    if (this.undoable.length === 0) this.paused = false;
    for (const listener of this.listeners) listener();
  }
}

export const decisions = new Decisions();

/** The images or groups of a collection that a person does not want to see any more. */
export function useHidden(collection: string, kind: keyof Hides = 'images'): ReadonlySet<string> {
  return useSyncExternalStore(decisions.subscribe, () => decisions.hiddenIn(collection, kind));
}
