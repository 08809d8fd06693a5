import { Button, Loader, Title } from '@mantine/core';
import { IconPlus } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';

import { keysQuery } from '@/api/keys';
import { EmptyState } from '@/components/EmptyState';
import { ProblemNotice } from '@/components/Notice';
import { useDocumentTitle } from '@/state/useDocumentTitle';

import { CreateKeyDialog } from './CreateKeyDialog';
import classes from './KeysView.module.css';
import { KeyTable } from './KeyTable';

/** Who may do what: the stored keys, a new one, and an end to one. */
export default function KeysView() {
  useDocumentTitle('API keys');
  const { data, error } = useQuery(keysQuery);
  const [creating, setCreating] = useState(false);
  return (
    <div className={classes.view}>
      <div className={classes.head}>
        <Title order={1}>API keys</Title>
        {data && (
          <Button
            leftSection={<IconPlus size={18} aria-hidden />}
            onClick={() => {
              setCreating(true);
            }}
          >
            New key
          </Button>
        )}
      </div>
      <p className={classes.lead}>
        Each key may do some things in some collections. The keys in LOOKALIKE_API_KEYS may do everything, and
        are not listed.
      </p>
      {error && <ProblemNotice problem={error} />}
      {!data && !error && <Loader size="sm" color="ink" />}
      {data?.items.length === 0 && (
        <EmptyState title="No key yet">
          Make one for each program or person that uses this server, so that each can be revoked alone.
        </EmptyState>
      )}
      {data && data.items.length > 0 && <KeyTable keys={data.items} />}
      {creating && (
        <CreateKeyDialog
          onClose={() => {
            setCreating(false);
          }}
        />
      )}
    </div>
  );
}
