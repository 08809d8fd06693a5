import { isActive } from '@/api/jobs';
import type { Job } from '@/api/models';
import { formatCount } from '@/text/quantities';

import classes from './JobProgress.module.css';

const PARTS = [
  { key: 'indexed', name: 'indexed' },
  { key: 'unchanged', name: 'unchanged' },
  { key: 'duplicates', name: 'duplicates' },
  { key: 'failed', name: 'failed' },
] as const;

const BESIDES = [
  { key: 'moved', name: 'moved' },
  { key: 'ignored', name: 'ignored' },
  { key: 'removed', name: 'forgotten' },
] as const;

/** How far a load is, divided by what became of its files; below it the same in figures. */
export function JobProgress({ job }: { job: Job }) {
  // Such a job loads nothing: what it has looked at is as it was.
  const looks = job.source.kind === 'duplicates';
  const whole = Math.max(1, job.total);
  return (
    <>
      <div
        className={classes.bar}
        role="progressbar"
        aria-label={looks ? 'Progress of the search for duplicates' : 'Progress of the load'}
        aria-valuemin={0}
        aria-valuemax={job.total}
        aria-valuenow={job.done}
        aria-valuetext={`${formatCount(job.done)} of ${formatCount(job.total)}`}
        data-moving={isActive(job) && job.status !== 'paused'}
      >
        {PARTS.map(({ key }) => (
          <span
            key={key}
            className={classes.part}
            data-part={key}
            style={{ width: `${(job[key] / whole) * 100}%` }}
          />
        ))}
      </div>
      <ul className={`${classes.counts} numbers`}>
        {[...PARTS, ...BESIDES]
          .filter(({ key }) => key === (looks ? 'unchanged' : 'indexed') || job[key] > 0)
          .map(({ key, name }) => (
            <li key={key} className={classes.count} data-part={key}>
              <strong>{formatCount(job[key])}</strong> {looks && key === 'unchanged' ? 'looked at' : name}
            </li>
          ))}
      </ul>
    </>
  );
}
