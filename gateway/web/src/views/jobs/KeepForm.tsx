import { Button, Switch, TextInput } from '@mantine/core';
import { useState } from 'react';

import type { SourceInput } from '@/api/models';
import { useKeepSource } from '@/api/standingSources';
import { faultOfSchedule } from '@/state/sources';

import classes from './SourceCard.module.css';

interface KeepFormProps {
  collection: string;
  source: SourceInput | null;
  options: { on_duplicate: 'keep' | 'skip'; sync: boolean };
}

const NIGHTLY = '0 3 * * *';

/** Keeps the source that a form describes with the collection, to be loaded again by itself. */
export function KeepForm({ collection, source, options }: KeepFormProps) {
  const keep = useKeepSource(collection);
  const [cron, setCron] = useState(NIGHTLY);
  const [watch, setWatch] = useState(false);
  const pasted = source?.kind === 'urls' && !source.path;
  const watched = watch && source?.kind === 'directory';
  const { field, rest } = faultOfSchedule(keep.error);
  const submit = () => {
    if (!source || pasted) return;
    keep.mutate({ ...options, source, cron: cron.trim() || null, watch: watched, paused: false });
  };
  return (
    <details className={classes.more}>
      <summary>Load it again by itself</summary>
      <div className={classes.options}>
        <TextInput
          label="Schedule"
          description="Minute, hour, day of the month, month and day of the week, in UTC: 0 3 * * * is each night at three. Empty: on request only."
          placeholder={NIGHTLY}
          value={cron}
          error={field}
          errorProps={{ role: 'alert' }}
          autoComplete="off"
          spellCheck={false}
          onChange={(event) => {
            setCron(event.currentTarget.value);
            if (keep.error) keep.reset();
          }}
          onKeyDown={(event) => {
            if (event.key !== 'Enter') return;
            // Enter would send the form around it, which loads the source once.
            event.preventDefault();
            submit();
          }}
        />
        {source?.kind === 'directory' && (
          <Switch
            label="Watch the folder: load files soon after they are written"
            checked={watch}
            onChange={(event) => {
              setWatch(event.currentTarget.checked);
            }}
          />
        )}
        {pasted && <p className={classes.hint}>Only addresses in a file of the server can be kept.</p>}
        {rest && (
          <p className={classes.problem} role="alert">
            {rest}
          </p>
        )}
        {keep.isSuccess && (
          <p className={classes.hint} role="status">
            It is kept, and stands below under Kept sources.
          </p>
        )}
        <Button
          variant="default"
          className={classes.submit ?? ''}
          loading={keep.isPending}
          disabled={source === null || pasted || collection === ''}
          onClick={submit}
        >
          Keep this source
        </Button>
      </div>
    </details>
  );
}
