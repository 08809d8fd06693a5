import { Button, Table } from '@mantine/core';
import { IconDownload } from '@tabler/icons-react';
import { useInfiniteQuery, useMutation } from '@tanstack/react-query';

import { failuresCsv, failuresQuery } from '@/api/jobs';
import type { Job } from '@/api/models';
import { explainShortly } from '@/api/remedies';
import { ProblemNotice } from '@/components/Notice';
import { readableUri } from '@/state/reference';

import classes from './Failures.module.css';

/** The files that failed, each with its reason. */
export function Failures({ job }: { job: Job }) {
  const { data, error, hasNextPage, fetchNextPage } = useInfiniteQuery(failuresQuery(job.id, job.failed));
  const csv = useMutation({
    mutationFn: () => failuresCsv(job.id),
    onSuccess: (blob) => {
      save(blob, `failures-${job.id}.csv`);
    },
  });
  if (error) return <ProblemNotice problem={error} />;
  const failures = data?.pages.flatMap(({ items }) => items) ?? [];
  return (
    <div className={classes.failures}>
      {/* eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- scrolled by keyboard too */}
      <div className={classes.scroll} role="region" aria-label="Failed files" tabIndex={0}>
        <Table stickyHeader verticalSpacing="xs">
          <Table.Thead>
            <Table.Tr>
              <Table.Th>File</Table.Th>
              <Table.Th>Reason</Table.Th>
              <Table.Th>Attempts</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {failures.map((failure) => (
              <Table.Tr key={failure.uri}>
                <Table.Td className={classes.file ?? ''}>{failure.name ?? readableUri(failure.uri)}</Table.Td>
                <Table.Td>
                  {failure.reason} <code className={classes.code}>{failure.code}</code>
                </Table.Td>
                <Table.Td className="numbers">{failure.attempts}</Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </div>
      <div className={classes.actions}>
        {hasNextPage && (
          <Button variant="default" size="xs" onClick={() => void fetchNextPage()}>
            Show more
          </Button>
        )}
        <Button
          variant="default"
          size="xs"
          loading={csv.isPending}
          leftSection={<IconDownload size={15} aria-hidden />}
          onClick={() => {
            csv.mutate();
          }}
        >
          Download as CSV
        </Button>
        {csv.error && <span role="alert">{explainShortly(csv.error)}</span>}
      </div>
    </div>
  );
}

function save(blob: Blob, name: string) {
  const url = URL.createObjectURL(blob);
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  URL.revokeObjectURL(url);
}
