import { vi } from 'vitest';

/** Reports `width` pixels for whatever is observed, as jsdom lays nothing out. */
export function measureAs(width: number): void {
  class Observer {
    constructor(private readonly report: ResizeObserverCallback) {}

    observe(target: Element) {
      const contentRect = new DOMRect(0, 0, width, 600);
      const size = [{ inlineSize: width, blockSize: 600 }];
      const entry = { target, contentRect, borderBoxSize: size, contentBoxSize: size };
      this.report([{ ...entry, devicePixelContentBoxSize: size }], this);
    }

    unobserve() {
      // The size never changes.
    }

    disconnect() {
      // See above.
    }
  }
  vi.stubGlobal('ResizeObserver', Observer);
}
