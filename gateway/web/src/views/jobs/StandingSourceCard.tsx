import { Button, Text } from '@mantine/core';
import { IconPlayerPause, IconPlayerPlay, IconRefresh, IconTrash } from '@tabler/icons-react';
import { useState } from 'react';

import type { Job, StandingSource } from '@/api/models';
import { explainShortly } from '@/api/remedies';
import { type SourceAction, useSourceAction } from '@/api/standingSources';
import { ConfirmDialog } from '@/components/ConfirmDialog';
import { useLiveJobs } from '@/state/liveJobs';
import { formatWhen } from '@/text/quantities';
import { sourceText } from '@/text/sources';

import classes from './JobCard.module.css';
import { STATUS } from './status';

/** One source that is kept: when it is loaded next, what its last load came to, and what can be done. */
export function StandingSourceCard({ source }: { source: StandingSource }) {
  const act = useSourceAction(source.collection);
  const { jobs } = useLiveJobs();
  const [asking, setAsking] = useState(false);
  const name = sourceText(source.source);
  const run = (action: SourceAction) => {
    act.mutate({ source: source.id, action });
  };
  const last = jobs.find(({ id }) => id === source.last_job);
  return (
    <article className={classes.card} aria-label={name}>
      <div className={classes.head}>
        <div className={classes.what}>
          <span className={classes.status}>{source.paused ? 'Paused' : 'Kept'}</span>
          <span className={classes.source}>{name}</span>
          <Text size="sm" c="dimmed" component="span">
            {whenOf(source)}
          </Text>
        </div>
        <div className={classes.actions}>
          <Button
            variant="default"
            size="xs"
            leftSection={<IconRefresh size={15} aria-hidden />}
            onClick={() => {
              run('run');
            }}
          >
            Run now
          </Button>
          <Button
            variant="default"
            size="xs"
            leftSection={
              source.paused ? (
                <IconPlayerPlay size={15} aria-hidden />
              ) : (
                <IconPlayerPause size={15} aria-hidden />
              )
            }
            onClick={() => {
              run(source.paused ? 'resume' : 'pause');
            }}
          >
            {source.paused ? 'Resume' : 'Pause'}
          </Button>
          <Button
            variant="default"
            size="xs"
            leftSection={<IconTrash size={15} aria-hidden />}
            onClick={() => {
              setAsking(true);
            }}
          >
            Delete
          </Button>
        </div>
      </div>
      <p className={`${classes.pace} numbers`}>{lastOf(source, last)}</p>
      {last?.error && <p className={classes.problem}>{last.error.detail}</p>}
      {act.error && (
        <p className={classes.problem} role="alert">
          {explainShortly(act.error)}
        </p>
      )}
      <ConfirmDialog
        opened={asking}
        title="Delete this source?"
        action="Delete"
        onClose={() => {
          setAsking(false);
        }}
        onConfirm={() => {
          setAsking(false);
          run('delete');
        }}
      >
        <Text>It is not loaded by itself any more. What was loaded from it stays in the collection.</Text>
      </ConfirmDialog>
    </article>
  );
}

function whenOf({ cron, watch, paused, next_run }: StandingSource): string {
  const parts = [
    watch ? 'watched' : '',
    cron === null ? '' : `by ${cron} (UTC)`,
    next_run === null ? '' : `next ${formatWhen(next_run)}`,
  ].filter(Boolean);
  if (paused) return ['loaded on request only', ...parts].join(' · ');
  return parts.join(' · ') || 'loaded on request only';
}

function lastOf({ last_job }: StandingSource, job: Job | undefined): string {
  if (last_job === null) return 'Not loaded yet';
  if (!job) return 'Loaded before';
  const failed = job.failed > 0 ? `, ${job.failed} failed` : '';
  return `Last load: ${STATUS[job.status]}, ${formatWhen(job.created_at)}${failed}`;
}
