import { describe, expect, test } from 'vitest';

import { ApiProblem, isTransient, readProblem, unwrap } from '@/api/problem';
import { explain, explainShortly } from '@/api/remedies';

const reply = (status: number, error?: unknown, data?: string) =>
  Promise.resolve({
    ...(data === undefined ? {} : { data }),
    error,
    response: new Response(null, { status }),
  });

describe('a call', () => {
  test('gives its data', async () => {
    await expect(unwrap(reply(200, undefined, 'ok'))).resolves.toBe('ok');
  });

  test('throws the problem that the gateway describes', async () => {
    const body = { code: 'no_encoder', detail: 'Start one.', title: 'Service unavailable', status: 503 };
    await expect(unwrap(reply(503, body))).rejects.toMatchObject({ code: 'no_encoder', status: 503 });
  });

  test('says that the gateway is away when there is no answer', async () => {
    await expect(unwrap(Promise.reject(new TypeError('Failed to fetch')))).rejects.toMatchObject({
      code: 'gateway_unreachable',
    });
  });

  test('lets an abort pass', async () => {
    const abort = new DOMException('stop', 'AbortError');
    await expect(unwrap(Promise.reject(abort))).rejects.toBe(abort);
  });
});

describe('a problem', () => {
  test.each([502, 503, 504])('of status %d without a code comes from a proxy', (status) => {
    expect(readProblem(status, '<html>').code).toBe('gateway_unreachable');
  });

  test('keeps its code whatever the status', () => {
    expect(readProblem(503, { code: 'redis_unavailable' }).code).toBe('redis_unavailable');
  });

  test('of an unknown kind still has words', () => {
    expect(explain(readProblem(418, null))).toEqual({
      title: 'Something went wrong',
      text: 'The gateway answered with status 418.',
    });
  });

  test('passes by itself when a service is away, not when the caller erred', () => {
    expect(isTransient(readProblem(503, { code: 'milvus_unavailable' }))).toBe(true);
    expect(isTransient(readProblem(0, null))).toBe(true);
    expect(isTransient(readProblem(404, null))).toBe(false);
    expect(isTransient(new Error('x'))).toBe(false);
  });
});

describe('what a person reads', () => {
  test('is a sentence and its remedy for every code the page can meet', () => {
    for (const code of ['encoder_mismatch', 'no_encoder', 'unsupported_format', 'path_outside_roots']) {
      const { title, text } = explain(new ApiProblem(409, code, 'raw detail'));
      expect(title).not.toContain('raw');
      expect(text.length).toBeGreaterThan(20);
    }
  });

  test('falls back to the status, then to the gateway’s own words', () => {
    expect(explain(new ApiProblem(413, 'body_too_large', 'x')).title).toContain('too large');
    expect(explainShortly(new ApiProblem(422, 'odd', 'Give two.', 'Invalid request'))).toBe(
      'Invalid request. Give two.',
    );
  });

  test('does not blame the gateway for a mistake of the page', () => {
    expect(explain(new TypeError('x is undefined')).title).toContain('this page');
  });
});
