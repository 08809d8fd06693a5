import { Button, Text } from '@mantine/core';
import { IconTrash } from '@tabler/icons-react';
import { useState } from 'react';

import { useRevokeKey } from '@/api/keys';
import type { Key } from '@/api/models';
import { ConfirmDialog } from '@/components/ConfirmDialog';
import { formatCount, formatNumberOf, formatWhen } from '@/text/quantities';

import classes from './KeysView.module.css';

/** The stored keys, each with what it may do and a button that ends it. */
export function KeyTable({ keys }: { keys: readonly Key[] }) {
  const revoke = useRevokeKey();
  const [leaving, setLeaving] = useState<Key | null>(null);
  const close = () => {
    setLeaving(null);
    revoke.reset();
  };
  return (
    <>
      {/* The keyboard scrolls what is wider than the screen. */}
      {/* eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
      <div className={classes.table} role="region" aria-label="Table of keys" tabIndex={0}>
        <table className="numbers">
          <caption className="visually-hidden">{formatNumberOf(keys.length, 'key')}</caption>
          <thead>
            <tr>
              <th scope="col">Name</th>
              <th scope="col">May</th>
              <th scope="col">Collections</th>
              <th scope="col">A minute</th>
              <th scope="col">Until</th>
              <th scope="col">Last used</th>
              <th scope="col">
                <span className="visually-hidden">Revoke</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {keys.map((key) => (
              <tr key={key.id}>
                <th scope="row">{key.name}</th>
                <td>{key.actions.join(', ')}</td>
                <td className={classes.patterns ?? ''}>{key.collections.join(', ')}</td>
                <td>{key.rate_per_minute === null ? 'no limit' : formatCount(key.rate_per_minute)}</td>
                <td>{untilOf(key)}</td>
                <td>{key.last_used_at === null ? 'never' : formatWhen(key.last_used_at)}</td>
                <td>
                  <Button
                    variant="default"
                    size="xs"
                    aria-label={`Revoke ${key.name}`}
                    leftSection={<IconTrash size={15} aria-hidden />}
                    onClick={() => {
                      setLeaving(key);
                    }}
                  >
                    Revoke
                  </Button>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <ConfirmDialog
        opened={leaving !== null}
        title="Revoke this key?"
        action="Revoke"
        pending={revoke.isPending}
        problem={revoke.error}
        onClose={close}
        onConfirm={() => {
          if (leaving) revoke.mutate(leaving.id, { onSuccess: close });
        }}
      >
        <Text>
          Whoever uses {leaving?.name ?? 'it'} is refused from the next second on, and signed out of this
          page. There is no way back.
        </Text>
      </ConfirmDialog>
    </>
  );
}

function untilOf({ expired, expires_at }: Key): string {
  if (expires_at === null) return 'no end';
  return expired ? 'expired' : formatWhen(expires_at);
}
