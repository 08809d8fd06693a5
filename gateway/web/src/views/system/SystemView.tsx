import { Button, Group, Loader, Text, Title } from '@mantine/core';
import { IconKey } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { Link } from 'wouter';

import type { System } from '@/api/models';
import { systemQuery } from '@/api/system';
import { PATHS, pathWith } from '@/app/paths';
import { useCollection } from '@/state/collection';
import { useDocumentTitle } from '@/state/useDocumentTitle';
import { formatCount, formatNumberOf, formatWhen } from '@/text/quantities';

import { SignOut } from './SignOut';
import classes from './SystemView.module.css';

/** What runs, on which devices, what waits, and in which versions. */
export default function SystemView() {
  useDocumentTitle('System');
  const { data: system } = useQuery(systemQuery);
  return (
    <div className={classes.view}>
      <div className={classes.head}>
        <Title order={1}>System</Title>
        <Group gap="sm">
          <KeysLink />
          <SignOut />
        </Group>
      </div>
      {system ? <Parts system={system} /> : <Loader size="sm" color="ink" />}
    </div>
  );
}

function KeysLink() {
  const { name } = useCollection();
  return (
    <Button
      component={Link}
      href={pathWith(PATHS.keys, { collection: name })}
      variant="default"
      leftSection={<IconKey size={18} aria-hidden />}
    >
      API keys
    </Button>
  );
}

function Parts({ system }: { system: System }) {
  const { limits } = system;
  return (
    <>
      <Section title="Encoder">
        <Entries
          entries={[
            ['Weights', system.weights ?? 'none was seen yet'],
            ['Pooling of new collections', system.pooling],
            ['Fingerprint', system.encoder ?? 'none'],
            ['Loads under way', formatCount(system.jobs_active)],
          ]}
        />
      </Section>
      <Section title="Workers">
        <Workers workers={system.workers} />
      </Section>
      <Section title="Waiting in queues">
        <Entries
          entries={Object.entries(system.queues).map(([name, waiting]) => [name, formatCount(waiting)])}
        />
      </Section>
      <Section title="Limits">
        <Entries
          entries={[
            ['One upload', `${formatCount(limits.max_upload_mb)} MB`],
            ['Files of one upload', formatCount(limits.max_upload_files)],
            ['Pixels of a picture', formatCount(limits.max_pixels)],
            ['Tags of a picture', formatCount(limits.max_tags)],
            ['Jobs that may wait', formatCount(limits.queue_limit)],
          ]}
        />
      </Section>
      <Section title="Folders open to Lookalike">
        <Text>{system.image_roots.length > 0 ? system.image_roots.join(', ') : 'None.'}</Text>
      </Section>
      <Section title="Versions">
        <Entries entries={Object.entries(system.versions)} />
      </Section>
    </>
  );
}

function Section({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section className={classes.section} aria-label={title}>
      <Title order={2}>{title}</Title>
      {children}
    </section>
  );
}

function Entries({ entries }: { entries: readonly (readonly [string, string])[] }) {
  return (
    <dl className={`${classes.list ?? ''} numbers`}>
      {entries.map(([name, value]) => (
        <div key={name} className={classes.entry}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

function Workers({ workers }: Pick<System, 'workers'>) {
  if (workers.length === 0) return <Text c="dimmed">No worker has told of itself lately.</Text>;
  return (
    // The keyboard scrolls what is wider than the screen.
    // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex
    <div className={classes.table} role="region" aria-label="Table of workers" tabIndex={0}>
      <table className="numbers">
        <caption className="visually-hidden">{formatNumberOf(workers.length, 'worker')}</caption>
        <thead>
          <tr>
            <th scope="col">Worker</th>
            <th scope="col">Queue</th>
            <th scope="col">Device</th>
            <th scope="col">Runtime</th>
            <th scope="col">Images/s</th>
            <th scope="col">Weights</th>
            <th scope="col">Since</th>
          </tr>
        </thead>
        <tbody>
          {workers.map((worker) => (
            <tr key={`${worker.name} ${worker.queue} ${worker.started_at}`}>
              <td>{worker.name}</td>
              <td>{worker.queue}</td>
              <td>{worker.device}</td>
              <td>{[worker.runtime, worker.precision].filter(Boolean).join(', ') || '–'}</td>
              <td>{worker.images_per_second > 0 ? worker.images_per_second.toFixed(1) : '–'}</td>
              <td>{worker.weights || '–'}</td>
              <td>{formatWhen(worker.started_at)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
