import { beforeEach, describe, expect, test, vi } from 'vitest';

import { ApiProblem } from '@/api/problem';
import { Forgetting, UNDO_MS } from '@/state/forgetting';

const send = vi.fn(() => Promise.resolve());
const onDone = vi.fn(() => Promise.resolve());
const onFailed = vi.fn();
let forgetting: Forgetting;

const forget = (...images: string[]) => forgetting.add({ collection: 'shoes', images, onDone, onFailed });
const hidden = () => [...forgetting.hiddenIn('shoes')];

beforeEach(() => {
  vi.useFakeTimers();
  vi.clearAllMocks();
  forgetting = new Forgetting(send);
  return () => {
    vi.useRealTimers();
  };
});

describe('pictures that are forgotten', () => {
  test('are hidden at once, and sent when the time is over', async () => {
    forget('a', 'b');
    expect(hidden()).toEqual(['a', 'b']);
    expect(forgetting.hiddenIn('hats')).toEqual(new Set());
    await vi.advanceTimersByTimeAsync(UNDO_MS - 1);
    expect(send).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1);
    expect(send).toHaveBeenCalledExactlyOnceWith('shoes', ['a', 'b'], { keepalive: false });
    expect(onDone).toHaveBeenCalledOnce();
    expect(hidden()).toEqual([]);
  });

  test('come back when that is undone, and nothing is sent', async () => {
    const key = forget('a');
    forget('b');
    forgetting.undo(key);
    expect(hidden()).toEqual(['b']);
    await vi.advanceTimersByTimeAsync(UNDO_MS);
    expect(send).toHaveBeenCalledExactlyOnceWith('shoes', ['b'], { keepalive: false });
  });

  test('wait for as long as somebody looks at the question', async () => {
    const key = forget('a');
    forgetting.pause(key);
    await vi.advanceTimersByTimeAsync(10 * UNDO_MS);
    expect(send).not.toHaveBeenCalled();
    forgetting.resume(key);
    forgetting.resume(key);
    await vi.advanceTimersByTimeAsync(UNDO_MS);
    expect(send).toHaveBeenCalledOnce();
  });

  test('are sent once, and now, when the page is left', async () => {
    const key = forget('a');
    await forgetting.flush();
    expect(send).toHaveBeenCalledExactlyOnceWith('shoes', ['a'], { keepalive: true });
    forgetting.undo(key);
    forgetting.resume(key);
    await vi.advanceTimersByTimeAsync(UNDO_MS);
    expect(send).toHaveBeenCalledOnce();
  });

  test('stay hidden until the lists are read again', async () => {
    let read: () => void = () => undefined;
    onDone.mockReturnValueOnce(
      new Promise<void>((done) => {
        read = done;
      }),
    );
    forget('a');
    await vi.advanceTimersByTimeAsync(UNDO_MS);
    expect(hidden()).toEqual(['a']);
    read();
    await vi.advanceTimersByTimeAsync(0);
    expect(hidden()).toEqual([]);
  });

  test('are shown again where the gateway cannot forget them', async () => {
    const problem = new ApiProblem(503, 'milvus_unavailable', '');
    send.mockRejectedValueOnce(problem);
    const told = vi.fn();
    forgetting.subscribe(told);
    forget('a');
    await vi.advanceTimersByTimeAsync(UNDO_MS);
    expect(onFailed).toHaveBeenCalledExactlyOnceWith(problem);
    expect(onDone).not.toHaveBeenCalled();
    expect(hidden()).toEqual([]);
    expect(told).toHaveBeenCalledTimes(2);
  });
});
