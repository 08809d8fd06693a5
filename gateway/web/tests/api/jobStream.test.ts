import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';

import { JobStream } from '@/api/jobStream';

import { failure, job } from '../support/models';

class Source extends EventTarget {
  readyState = 1;
  closed = false;

  constructor(readonly url: string) {
    super();
  }

  close() {
    this.closed = true;
    this.readyState = 2;
  }

  say(kind: string, data: unknown) {
    this.dispatchEvent(new MessageEvent(kind, { data: JSON.stringify(data) }));
  }

  fail(readyState: number) {
    this.readyState = readyState;
    this.dispatchEvent(new Event('error'));
  }
}

function follow() {
  const sources: Source[] = [];
  const handlers = { onEvent: vi.fn(), onProblem: vi.fn(), onEnd: vi.fn(), onConnection: vi.fn() };
  const stream = new JobStream('j1', handlers, (url) => {
    const source = new Source(url);
    sources.push(source);
    return source;
  });
  return { sources, handlers, stream };
}

describe('the stream of a job', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  test('tells each progress and ends with the job', () => {
    const { sources, handlers } = follow();
    expect(sources[0]?.url).toBe('/api/v2/jobs/j1/events');
    sources[0]?.say('progress', job({ done: 3 }));
    expect(handlers.onEvent).toHaveBeenLastCalledWith({ kind: 'progress', job: job({ done: 3 }) });
    sources[0]?.say('failure', failure());
    expect(handlers.onEvent).toHaveBeenLastCalledWith({ kind: 'failure', failure: failure() });
    sources[0]?.say('end', job({ done: 9 }));
    expect(handlers.onEvent).toHaveBeenLastCalledWith({ kind: 'end', job: job({ done: 9 }) });
    expect(handlers.onProblem).not.toHaveBeenCalled();
    expect(handlers.onEnd).toHaveBeenCalledOnce();
    expect(sources[0]?.closed).toBe(true);
  });

  test('reports an event that cannot be read and goes on', () => {
    const { sources, handlers } = follow();
    sources[0]?.say('progress', { id: 'j1', done: 3 });
    expect(handlers.onProblem).toHaveBeenCalledOnce();
    expect(handlers.onEvent).not.toHaveBeenCalled();
    sources[0]?.say('progress', job());
    expect(handlers.onEvent).toHaveBeenCalledOnce();
  });

  test('ends with an end that cannot be read, too', () => {
    const { sources, handlers } = follow();
    sources[0]?.say('end', 'nonsense');
    expect(handlers.onProblem).toHaveBeenCalledOnce();
    expect(handlers.onEnd).toHaveBeenCalledOnce();
    expect(sources[0]?.closed).toBe(true);
  });

  test('leaves a lost connection to the browser, but says so', () => {
    const { sources, handlers } = follow();
    sources[0]?.fail(0);
    expect(handlers.onConnection).toHaveBeenLastCalledWith(false);
    vi.advanceTimersByTime(60_000);
    expect(sources).toHaveLength(1);
    sources[0]?.dispatchEvent(new Event('open'));
    expect(handlers.onConnection).toHaveBeenLastCalledWith(true);
  });

  test('opens again, ever more slowly, where the browser gives up', () => {
    const { sources, handlers } = follow();
    sources[0]?.fail(2);
    vi.advanceTimersByTime(1_000);
    expect(sources).toHaveLength(2);
    sources[1]?.fail(2);
    vi.advanceTimersByTime(1_000);
    expect(sources).toHaveLength(2);
    vi.advanceTimersByTime(1_000);
    expect(sources).toHaveLength(3);
    sources[2]?.dispatchEvent(new Event('open'));
    expect(handlers.onConnection).toHaveBeenLastCalledWith(true);
    sources[2]?.fail(2);
    vi.advanceTimersByTime(1_000);
    expect(sources).toHaveLength(4);
  });

  test('stays closed once it is closed', () => {
    const { sources, stream } = follow();
    sources[0]?.fail(2);
    stream.close();
    vi.advanceTimersByTime(60_000);
    expect(sources).toHaveLength(1);
  });
});
