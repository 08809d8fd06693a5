import { Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';

import { standingSourcesQuery } from '@/api/standingSources';
import { ProblemNotice } from '@/components/Notice';

import classes from './JobsView.module.css';
import { StandingSourceCard } from './StandingSourceCard';

/** The sources that are kept with a collection; nothing where there are none. */
export function StandingSources({ collection }: { collection: string }) {
  const { data, error } = useQuery(standingSourcesQuery(collection));
  const sources = data?.items ?? [];
  if (sources.length === 0 && !error) return null;
  return (
    <section className={classes.jobs} aria-label="Kept sources">
      <Title order={2}>Kept sources</Title>
      {error && <ProblemNotice problem={error} />}
      {sources.map((source) => (
        <StandingSourceCard key={source.id} source={source} />
      ))}
    </section>
  );
}
