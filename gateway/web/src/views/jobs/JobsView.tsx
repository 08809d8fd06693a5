import { Button, Title } from '@mantine/core';

import { EmptyState } from '@/components/EmptyState';
import { EncoderNotice } from '@/components/EncoderNotice';
import { Notice, ProblemNotice } from '@/components/Notice';
import { useCollection } from '@/state/collection';
import { useLiveJobs } from '@/state/liveJobs';
import { useDocumentTitle } from '@/state/useDocumentTitle';

import { JobCard } from './JobCard';
import classes from './JobsView.module.css';
import { SourceForm } from './SourceForm';
import { StandingSources } from './StandingSources';
import { UploadForm } from './UploadForm';

export default function JobsView() {
  const { name, collection } = useCollection();
  const { jobs, known, problem, connectionLost, hasOlder, showOlder } = useLiveJobs();
  useDocumentTitle('Loading');
  return (
    <div className={classes.view}>
      <Title order={1}>
        Load pictures into <span className={classes.collection}>{name}</span>
      </Title>
      <EncoderNotice collection={collection} />
      <div className={classes.sources}>
        <SourceForm collection={name} />
        <UploadForm collection={name} />
      </div>
      {collection && <StandingSources collection={name} />}
      <section className={classes.jobs} aria-label="Loads">
        <Title order={2}>Loads</Title>
        {connectionLost && (
          <Notice tone="warning" title="The connection broke off" announce>
            The loads go on; this page reconnects by itself and then shows where they stand.
          </Notice>
        )}
        {problem && !connectionLost && <ProblemNotice problem={problem} />}
        {known && jobs.length === 0 && (
          <EmptyState title="Nothing has been loaded yet">
            Give a folder of the server or addresses above, or drop pictures to upload. Each load shows here
            how far it is.
          </EmptyState>
        )}
        {jobs.map((job) => (
          <JobCard key={job.id} job={job} />
        ))}
        {hasOlder && (
          <Button variant="default" onClick={showOlder}>
            Show older loads
          </Button>
        )}
      </section>
    </div>
  );
}
