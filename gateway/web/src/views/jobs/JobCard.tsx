import { Button, Text } from '@mantine/core';
import { IconPlayerPause, IconPlayerPlay, IconRefresh, IconX } from '@tabler/icons-react';
import { useState } from 'react';
import { Link } from 'wouter';

import { isActive, type JobAction, useJobAction } from '@/api/jobs';
import type { Job } from '@/api/models';
import { explainShortly } from '@/api/remedies';
import { PATHS, pathWith } from '@/app/paths';
import { ConfirmDialog } from '@/components/ConfirmDialog';
import { formatCount, formatDuration, formatNumberOf, formatWhen } from '@/text/quantities';
import { sourceText } from '@/text/sources';

import { Failures } from './Failures';
import classes from './JobCard.module.css';
import { JobProgress } from './JobProgress';
import { STATUS } from './status';

/** One load: what it is, how far it is, what came of it, and what can be done about it. */
export function JobCard({ job }: { job: Job }) {
  const act = useJobAction();
  const [asking, setAsking] = useState(false);
  const [shownFailures, setShownFailures] = useState(false);
  const run = (action: JobAction) => {
    act.mutate({ job: job.id, action });
  };
  return (
    <article
      className={classes.card}
      aria-label={`${sourceText(job.source)}: ${STATUS[job.status]}`}
      data-status={job.status}
    >
      <div className={classes.head}>
        <div className={classes.what}>
          <span className={classes.status}>{STATUS[job.status]}</span>
          <span className={classes.source}>{sourceText(job.source)}</span>
          <Text size="sm" c="dimmed" component="span">
            into <Link href={pathWith(PATHS.library, { collection: job.collection })}>{job.collection}</Link>,{' '}
            {formatWhen(job.created_at)}
          </Text>
        </div>
        <div className={classes.actions}>
          {actionsOn(job).map((action) => (
            <Action
              key={action}
              action={action}
              onClick={() => {
                if (action === 'cancel') setAsking(true);
                else run(action);
              }}
            />
          ))}
        </div>
      </div>
      <JobProgress job={job} />
      <p className={`${classes.pace} numbers`}>{paceOf(job)}</p>
      {job.error && <p className={classes.problem}>{job.error.detail}</p>}
      {act.error && (
        <p className={classes.problem} role="alert">
          {explainShortly(act.error)}
        </p>
      )}
      {job.failed > 0 && (
        <Button
          variant="subtle"
          size="compact-sm"
          className={classes.toggle ?? ''}
          aria-expanded={shownFailures}
          onClick={() => {
            setShownFailures(!shownFailures);
          }}
        >
          {shownFailures ? 'Hide' : 'Show'} {formatNumberOf(job.failed, 'failed file')}
        </Button>
      )}
      {shownFailures && <Failures job={job} />}
      <ConfirmDialog
        opened={asking}
        title="Cancel this load?"
        action="Cancel the load"
        onClose={() => {
          setAsking(false);
        }}
        onConfirm={() => {
          setAsking(false);
          run('cancel');
        }}
      >
        <Text>
          What is loaded stays in the collection. Loading the same again goes on where this one stopped.
        </Text>
      </ConfirmDialog>
    </article>
  );
}

const ACTIONS: Record<JobAction, { icon: typeof IconX; label: string }> = {
  pause: { icon: IconPlayerPause, label: 'Pause' },
  resume: { icon: IconPlayerPlay, label: 'Resume' },
  cancel: { icon: IconX, label: 'Cancel' },
  retry: { icon: IconRefresh, label: 'Retry failed' },
};

function actionsOn(job: Job): JobAction[] {
  if (isActive(job)) return [job.status === 'paused' ? 'resume' : 'pause', 'cancel'];
  return job.failed > 0 ? ['retry'] : [];
}

function Action({ action, onClick }: { action: JobAction; onClick: () => void }) {
  const { icon: Icon, label } = ACTIONS[action];
  return (
    <Button variant="default" size="xs" leftSection={<Icon size={15} aria-hidden />} onClick={onClick}>
      {label}
    </Button>
  );
}

function paceOf(job: Job): string {
  const count = `${formatCount(job.done)} of ${formatCount(job.total)}`;
  if (isActive(job)) {
    const pace = job.images_per_second > 0 ? `${job.images_per_second.toFixed(1)} images/s` : '';
    const left =
      job.eta_seconds === null || job.status !== 'running' ? '' : `${formatDuration(job.eta_seconds)} left`;
    return [count, pace, left].filter(Boolean).join(' · ');
  }
  const took =
    job.started_at && job.finished_at ? Date.parse(job.finished_at) - Date.parse(job.started_at) : null;
  return took === null ? count : `${count} · took ${formatDuration(Math.max(1, took / 1000))}`;
}
