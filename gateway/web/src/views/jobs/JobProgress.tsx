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
  const whole = Math.max(1, job.total);
  return (
    <>
      <div
        className={classes.bar}
        role="progressbar"
        aria-label="Progress of the load"
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
          .filter(({ key }) => key === 'indexed' || job[key] > 0)
          .map(({ key, name }) => (
            <li key={key} className={classes.count} data-part={key}>
              <strong>{formatCount(job[key])}</strong> {name}
            </li>
          ))}
      </ul>
    </>
  );
}
