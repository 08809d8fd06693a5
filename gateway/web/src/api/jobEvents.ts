import type { Failure, Job } from './models';
import { ApiProblem } from './problem';
import { isFailure, isJob } from './validators';

/** What the stream of a job tells: the job as it is now or at its end, or one file that failed. */
export type JobEvent = { kind: 'progress' | 'end'; job: Job } | { kind: 'failure'; failure: Failure };

export const JOB_EVENTS = ['progress', 'failure', 'end'] as const satisfies JobEvent['kind'][];

/** Reads the data of an event, or says as ApiProblem `unreadable_event` where it is not what the API describes. */
export function readJobEvent(kind: JobEvent['kind'], text: unknown): JobEvent | ApiProblem {
  const data = parsed(text);
  if (kind === 'failure') {
    if (isFailure(data)) return { kind, failure: data };
    return unreadable(kind, isFailure.errors);
  }
  if (isJob(data)) return { kind, job: data };
  return unreadable(kind, isJob.errors);
}

function parsed(text: unknown): unknown {
  try {
    return typeof text === 'string' ? JSON.parse(text) : undefined;
  } catch {
    return undefined;
  }
}

function unreadable(kind: string, errors: typeof isJob.errors): ApiProblem {
  const place = errors?.[0]?.instancePath ?? '';
  return new ApiProblem(
    0,
    'unreadable_event',
    `An event “${kind}” is not as described: ${place || 'all of it'}.`,
  );
}
