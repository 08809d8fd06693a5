import { readFileSync } from 'node:fs';

import { describe, expect, test } from 'vitest';

import { JOB_EVENTS, readJobEvent } from '@/api/jobEvents';
import { ApiProblem } from '@/api/problem';

import { failure, job } from '../support/models';

const read = (kind: 'progress' | 'failure' | 'end', data: unknown) =>
  readJobEvent(kind, JSON.stringify(data));

describe('an event of a job', () => {
  test.each(['progress', 'end'] as const)('%s is read as the job', (kind) => {
    expect(read(kind, job())).toEqual({ kind, job: job() });
  });

  test('failure is read as the file', () => {
    expect(read('failure', failure())).toEqual({ kind: 'failure', failure: failure() });
  });

  test.each([
    ['an upload', { kind: 'upload', files: 2 }],
    ['a retry', { kind: 'retry', job: 'b'.repeat(32), files: 2 }],
  ] as const)('may be of %s', (_, source) => {
    expect(read('progress', job({ source }))).toMatchObject({ job: { source } });
  });

  test('may hold more than this page knows', () => {
    expect(read('progress', { ...job(), mood: 'good' })).toMatchObject({ kind: 'progress' });
  });

  test.each([
    ['a state that the API does not know', { ...job(), status: 'dreaming' }, '/status'],
    ['a count that is none', { ...job(), done: '3' }, '/done'],
    ['a time that is none', { ...job(), created_at: 'yesterday' }, '/created_at'],
    ['a day that there is not', { ...job(), started_at: '2026-13-41T10:00:00Z' }, '/started_at'],
    ['a source of no known kind', { ...job(), source: { kind: 'dream' } }, '/source'],
    ['too little', { id: 'a' }, 'all of it'],
    ['nothing', null, 'all of it'],
  ])('that holds %s is a problem', (_, data, place) => {
    const problem = read('progress', data);
    expect(problem).toBeInstanceOf(ApiProblem);
    expect(problem).toMatchObject({
      code: 'unreadable_event',
      detail: expect.stringContaining(place) as string,
    });
  });

  test.each(['{"id": ', '', undefined, 7])('of text that is no JSON (%j) is a problem', (text) => {
    for (const kind of JOB_EVENTS) expect(readJobEvent(kind, text)).toBeInstanceOf(ApiProblem);
  });

  test('a failure is no job, nor a job a failure', () => {
    expect(read('progress', failure())).toBeInstanceOf(ApiProblem);
    expect(read('failure', job())).toBeInstanceOf(ApiProblem);
  });
});

test('the gateway’s own example can be read', () => {
  const text = readFileSync(new URL('../../src/api/openapi.json', import.meta.url), 'utf8');
  const { components } = JSON.parse(text) as { components: { schemas: { Job: { example: object } } } };
  expect(read('progress', components.schemas.Job.example)).toMatchObject({ kind: 'progress' });
});
