import { describe, expect, test, vi } from 'vitest';

import type { Upload } from '@/api/models';
import { ApiProblem } from '@/api/problem';
import type { UploadRequest } from '@/api/upload';
import { Uploads } from '@/state/uploads';

const LIMITS = { bytes: 1_000_000, files: 2 };
const TARGET = { collection: 'shoes', tags: ['new'] };

const file = (name: string, size = 10) => new File([new Uint8Array(size)], name);

function reply(outcomes: Upload['files'][number]['outcome'][]): Upload {
  const files = outcomes.map((outcome) => ({
    name: '',
    id: null,
    uri: null,
    outcome,
    code: outcome === 'rejected' ? 'unsupported_format' : null,
    reason: null,
  }));
  return { files } as unknown as Upload;
}

/** A server whose replies the test gives one by one. */
function server() {
  const requests: (UploadRequest & { answer: (reply: Upload) => void; fail: (problem: unknown) => void })[] =
    [];
  const send = (request: UploadRequest) =>
    new Promise<Upload>((answer, fail) => {
      requests.push({ ...request, answer, fail });
      request.signal.addEventListener('abort', () => {
        fail(new DOMException('stopped', 'AbortError'));
      });
    });
  return { requests, send };
}

const states = (uploads: Uploads) => uploads.snapshot().map(({ state }) => state);

describe('uploads', () => {
  test('go one request after the other and tell their progress', async () => {
    const { requests, send } = server();
    const uploads = new Uploads(send);
    const onJob = vi.fn();
    uploads.onJob = onJob;
    uploads.add([file('a', 100), file('b', 100), file('c')], TARGET, LIMITS);
    expect(states(uploads)).toEqual(['sending', 'sending', 'waiting']);
    expect(requests[0]).toMatchObject(TARGET);

    requests[0]?.onProgress(150, 200);
    expect(uploads.snapshot().map(({ progress }) => progress)).toEqual([1, 0.5, 0]);

    requests[0]?.answer(reply(['queued', 'queued']));
    await vi.waitFor(() => {
      expect(states(uploads)).toEqual(['sent', 'sent', 'sending']);
    });
    requests[1]?.answer(reply(['queued']));
    await vi.waitFor(() => {
      expect(states(uploads)).toEqual(['sent', 'sent', 'sent']);
    });
    expect(onJob).toHaveBeenCalledTimes(2);
  });

  test('tell which files the gateway rejected, and why', async () => {
    const { requests, send } = server();
    const uploads = new Uploads(send);
    uploads.add([file('a.jpg'), file('notes.txt')], TARGET, LIMITS);
    requests[0]?.answer(reply(['queued', 'rejected']));
    await vi.waitFor(() => {
      expect(states(uploads)).toEqual(['sent', 'refused']);
    });
    expect(uploads.snapshot()[1]?.problem).toContain('not a picture');
  });

  test('go on after a request that failed', async () => {
    const { requests, send } = server();
    const uploads = new Uploads(send);
    uploads.add([file('a'), file('b'), file('c')], TARGET, LIMITS);
    requests[0]?.fail(new ApiProblem(429, 'queue_full', ''));
    await vi.waitFor(() => {
      expect(states(uploads)).toEqual(['refused', 'refused', 'sending']);
    });
    expect(uploads.snapshot()[0]?.problem).toContain('Too much is waiting');
  });

  test('refuse at once what no request can carry', () => {
    const { requests, send } = server();
    const uploads = new Uploads(send);
    uploads.add([file('huge', 2_000_000)], TARGET, LIMITS);
    expect(states(uploads)).toEqual(['refused']);
    expect(uploads.snapshot()[0]?.problem).toContain('too large');
    expect(requests).toEqual([]);
  });

  test('can be stopped; what was sent stays', async () => {
    const { requests, send } = server();
    const uploads = new Uploads(send);
    uploads.add([file('a'), file('b'), file('c'), file('d'), file('e')], TARGET, LIMITS);
    requests[0]?.answer(reply(['queued', 'queued']));
    await vi.waitFor(() => {
      expect(requests).toHaveLength(2);
    });
    uploads.stop();
    expect(states(uploads)).toEqual(['sent', 'sent']);
    uploads.clear();
    expect(states(uploads)).toEqual([]);
  });

  test('can be added to after they were stopped', async () => {
    const { requests, send } = server();
    const uploads = new Uploads(send);
    uploads.add([file('a')], TARGET, LIMITS);
    uploads.stop();
    uploads.add([file('b')], TARGET, LIMITS);
    await vi.waitFor(() => {
      expect(requests).toHaveLength(2);
    });
    requests[1]?.answer(reply(['queued']));
    await vi.waitFor(() => {
      expect(states(uploads)).toEqual(['sent']);
    });
  });

  test('tell whoever listens, until they stop', () => {
    const { send } = server();
    const uploads = new Uploads(send);
    const listener = vi.fn();
    const stop = uploads.subscribe(listener);
    uploads.add([file('a')], TARGET, LIMITS);
    expect(listener).toHaveBeenCalled();
    stop();
    listener.mockClear();
    uploads.stop();
    expect(listener).not.toHaveBeenCalled();
  });

  test('of an archive go alone, and say how much of it there is', async () => {
    const { requests, send } = server();
    const uploads = new Uploads(send);
    uploads.add([file('a'), file('b.zip'), file('c')], TARGET, { bytes: 1_000_000, files: 10 });
    expect(requests[0]?.files.map(({ name }) => name)).toEqual(['b.zip']);
    requests[0]?.answer(reply(['queued', 'rejected', 'queued']));
    await vi.waitFor(() => {
      expect(states(uploads)).toEqual(['sending', 'sent', 'sending']);
    });
    expect(uploads.snapshot()[1]?.problem).toMatch(/^Without 1 file of 3\. This is not a picture/);

    uploads.add([file('d.zip'), file('e.zip')], TARGET, LIMITS);
    requests[1]?.answer(reply(['queued', 'queued']));
    await vi.waitFor(() => {
      expect(requests).toHaveLength(3);
    });
    requests[2]?.answer(reply(['rejected', 'rejected']));
    await vi.waitFor(() => {
      expect(requests).toHaveLength(4);
    });
    requests[3]?.answer(reply(['queued', 'queued', 'queued']));
    await vi.waitFor(() => {
      expect(states(uploads)).toEqual(['sent', 'sent', 'sent', 'refused', 'sent']);
    });
    expect(uploads.snapshot()[4]?.problem).toBeUndefined();
  });
});
