import type { Job } from '@/api/models';

/** What a person reads for a job's status. */
export const STATUS: Record<Job['status'], string> = {
  queued: 'Waiting',
  scanning: 'Looking for pictures',
  running: 'Loading',
  paused: 'Paused',
  done: 'Done',
  failed: 'Failed',
  cancelled: 'Cancelled',
};
