import { beforeEach, describe, expect, test, vi } from 'vitest';

import { ApiProblem } from '@/api/problem';
import { Decisions, UNDO_MS } from '@/state/decisions';

const send = vi.fn<(what: string, leaves: AbortSignal) => Promise<void>>();
const onDone = vi.fn(() => Promise.resolve());
const onFailed = vi.fn(() => Promise.resolve());
let decisions: Decisions;

const forget = (...images: string[]) => {
  decisions.add({
    collection: 'shoes',
    hides: { images },
    forgets: images.length,
    send: (leaves) => send(images.join(), leaves),
    onDone,
    onFailed,
  });
};
const resolve = (keeps: string, ...images: string[]) => {
  decisions.add({
    collection: 'shoes',
    hides: { images, groups: [`group of ${keeps}`] },
    keeps,
    forgets: images.length,
    send: (leaves) => send(`all but ${keeps}`, leaves),
    onDone,
    onFailed,
  });
};
const hidden = () => [...decisions.hiddenIn('shoes')];
const sent = () => send.mock.calls.map(([what]) => what);

beforeEach(() => {
  vi.useFakeTimers();
  vi.clearAllMocks();
  send.mockImplementation(() => Promise.resolve());
  decisions = new Decisions();
  return () => {
    vi.useRealTimers();
  };
});

/** Something that a test ends when it wants to. */
function held() {
  let end: () => void = () => undefined;
  const ended = new Promise<void>((done) => {
    end = done;
  });
  return {
    ended,
    end: () => {
      end();
      return vi.advanceTimersByTimeAsync(0);
    },
  };
}

describe('pictures that are forgotten', () => {
  test('are hidden at once, and sent when the time is over', async () => {
    forget('a', 'b');
    expect(hidden()).toEqual(['a', 'b']);
    expect(decisions.hiddenIn('hats')).toEqual(new Set());
    await vi.advanceTimersByTimeAsync(UNDO_MS - 1);
    expect(send).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1);
    expect(sent()).toEqual(['a,b']);
    expect(onDone).toHaveBeenCalledOnce();
    expect(hidden()).toEqual([]);
  });

  test('come back when that is undone, all that the question is about', async () => {
    forget('a');
    await vi.advanceTimersByTimeAsync(UNDO_MS - 1);
    forget('b', 'c');
    forget('d');
    expect(decisions.open().map(({ forgets }) => forgets)).toEqual([1, 2, 1]);
    await vi.advanceTimersByTimeAsync(1);
    expect(decisions.open().map(({ forgets }) => forgets)).toEqual([2, 1]);
    decisions.undo();
    expect(decisions.open()).toEqual([]);
    expect(hidden()).toEqual([]);
    await vi.advanceTimersByTimeAsync(UNDO_MS);
    expect(sent()).toEqual(['a']);
  });

  test('cannot be had back once they are sent', async () => {
    const { ended, end } = held();
    send.mockReturnValueOnce(ended);
    forget('a');
    await vi.advanceTimersByTimeAsync(UNDO_MS);
    expect(decisions.open()).toEqual([]);
    decisions.undo();
    expect(hidden()).toEqual(['a']);
    await end();
    expect(hidden()).toEqual([]);
  });

  test('wait for as long as somebody looks at the question, and those after them', async () => {
    forget('a');
    decisions.pause();
    forget('b');
    await vi.advanceTimersByTimeAsync(10 * UNDO_MS);
    expect(send).not.toHaveBeenCalled();
    decisions.resume();
    decisions.resume();
    await vi.advanceTimersByTimeAsync(UNDO_MS);
    expect(sent()).toEqual(['a', 'b']);
  });

  test('do not wait for a question that is gone', async () => {
    forget('a');
    decisions.pause();
    decisions.undo();
    forget('b');
    await vi.advanceTimersByTimeAsync(UNDO_MS);
    expect(sent()).toEqual(['b']);
  });

  test('are sent once, and now, when the page is left', async () => {
    forget('a');
    const flushed = decisions.flush();
    // The page may be gone before anything that waits goes on.
    expect(send).toHaveBeenCalledOnce();
    expect(send.mock.calls[0]?.[1].aborted).toBe(true);
    await flushed;
    decisions.undo();
    decisions.resume();
    await vi.advanceTimersByTimeAsync(UNDO_MS);
    expect(send).toHaveBeenCalledOnce();
  });

  test('that are being sent hurry when the page is left, and are waited for', async () => {
    const { ended, end } = held();
    send.mockReturnValueOnce(ended);
    forget('a');
    await vi.advanceTimersByTimeAsync(UNDO_MS);
    expect(send.mock.calls[0]?.[1].aborted).toBe(false);
    const flushed = vi.fn();
    void decisions.flush().then(flushed);
    await vi.advanceTimersByTimeAsync(0);
    expect(send.mock.calls[0]?.[1].aborted).toBe(true);
    expect(flushed).not.toHaveBeenCalled();
    await end();
    expect(flushed).toHaveBeenCalledOnce();
    expect(send).toHaveBeenCalledOnce();
  });

  test.each(['done', 'failed'])('stay hidden until the lists are read again: %s', async (how) => {
    const { ended, end } = held();
    if (how === 'failed') send.mockRejectedValueOnce(new Error('x'));
    (how === 'failed' ? onFailed : onDone).mockReturnValueOnce(ended);
    forget('a');
    await vi.advanceTimersByTimeAsync(UNDO_MS);
    expect(hidden()).toEqual(['a']);
    await end();
    expect(hidden()).toEqual([]);
  });

  test('are shown again where the gateway cannot forget them', async () => {
    const problem = new ApiProblem(503, 'milvus_unavailable', '');
    send.mockRejectedValueOnce(problem);
    const told = vi.fn();
    decisions.subscribe(told);
    forget('a');
    await vi.advanceTimersByTimeAsync(UNDO_MS);
    expect(onFailed).toHaveBeenCalledExactlyOnceWith(problem);
    expect(onDone).not.toHaveBeenCalled();
    expect(hidden()).toEqual([]);
    // Hidden, not to be undone any more, shown.
    expect(told).toHaveBeenCalledTimes(3);
  });
});

describe('a group of which one is kept', () => {
  test('is hidden beside its pictures', async () => {
    resolve('a', 'b');
    expect([...decisions.hiddenIn('shoes', 'groups')]).toEqual(['group of a']);
    expect(hidden()).toEqual(['b']);
    await vi.advanceTimersByTimeAsync(UNDO_MS);
    expect(decisions.hiddenIn('shoes', 'groups').size).toBe(0);
  });

  test('is sent after what was decided of that one, so that never all copies go', async () => {
    const { ended, end } = held();
    resolve('a', 'b');
    forget('c');
    send.mockReturnValueOnce(ended);
    forget('x', 'a');
    await vi.advanceTimersByTimeAsync(UNDO_MS);
    expect(sent()).toEqual(['x,a', 'c']);
    await end();
    expect(sent()).toEqual(['x,a', 'c', 'all but a']);
  });

  test('waits for those also when the page is left, and others for none', () => {
    resolve('a', 'b');
    resolve('c', 'a');
    resolve('d', 'e');
    void decisions.flush();
    expect(sent()).toEqual(['all but c', 'all but d']);
  });
});
