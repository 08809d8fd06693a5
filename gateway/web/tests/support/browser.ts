// What the page needs of a browser and jsdom lacks.
import '@testing-library/jest-dom/vitest';

import { cleanup, configure } from '@testing-library/react';
import { afterEach, beforeEach, vi } from 'vitest';

import { gateway } from './gateway';

configure({ asyncUtilTimeout: 10_000 });

class NoObserver {
  observe() {
    // Nothing changes its size here.
  }
  unobserve() {
    // See above.
  }
  disconnect() {
    // See above.
  }
}

vi.stubGlobal('ResizeObserver', NoObserver);
vi.stubGlobal('matchMedia', (query: string) => ({
  // A wide screen, light colours, no wish for less motion.
  matches: query.includes('width >='),
  media: query,
  addEventListener: () => undefined,
  removeEventListener: () => undefined,
}));
vi.stubGlobal('EventSource', gateway.EventSource);
vi.stubGlobal('Request', gateway.Request);
vi.stubGlobal('fetch', gateway.fetch);
// jsdom lays nothing out; grids ask how wide they are.
Object.defineProperty(Element.prototype, 'clientWidth', { configurable: true, value: 800 });
Element.prototype.scrollIntoView = () => undefined;
window.scrollTo = () => undefined;
URL.createObjectURL = () => 'blob:picture';
URL.revokeObjectURL = () => undefined;

beforeEach(() => {
  gateway.reset();
  localStorage.clear();
  window.history.replaceState(null, '', '/');
});

afterEach(cleanup);
