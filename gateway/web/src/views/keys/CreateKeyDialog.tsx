import { Button, Checkbox, Group, NumberInput, Select, TagsInput, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';

import { collectionsQuery } from '@/api/collections';
import { useCreateKey } from '@/api/keys';
import type { KeyAction } from '@/api/models';
import { explainShortly } from '@/api/remedies';
import { Dialog } from '@/components/Dialog';

import classes from './KeysView.module.css';
import { NewKey } from './NewKey';

/** What each action is, in the order of the form. */
const ACTIONS: Record<KeyAction, string> = {
  read: 'Read: see pictures and search',
  write: 'Write: load, upload, tag, create collections',
  delete: 'Delete: forget pictures, drop collections',
  admin: 'Administer: all of these; with all collections (*) also keys and metrics',
};
const DAYS: Record<string, number | null> = {
  'in 30 days': 30,
  'in 90 days': 90,
  'in a year': 365,
  never: null,
};
const DAY_MS = 86_400_000;
const PATTERN = /^[A-Za-z0-9_*]{1,63}$/;

/** Asks what a new key may do, and then shows it, this once. */
export function CreateKeyDialog({ onClose }: { onClose: () => void }) {
  const create = useCreateKey();
  const [name, setName] = useState('');
  const [actions, setActions] = useState<string[]>(['read']);
  const [patterns, setPatterns] = useState<string[]>([]);
  const [ends, setEnds] = useState('in 90 days');
  const [rate, setRate] = useState<number | string>('');
  const { data: collections } = useQuery(collectionsQuery);
  if (create.data) return <NewKey created={create.data} onClose={onClose} />;
  const wrong = patterns.find((pattern) => !PATTERN.test(pattern));
  const valid = name.trim() !== '' && actions.length > 0 && patterns.length > 0 && wrong === undefined;
  const submit = () => {
    if (!valid) return;
    const days = DAYS[ends] ?? null;
    create.mutate({
      name: name.trim(),
      actions: actions as KeyAction[],
      collections: patterns,
      expires_at: days === null ? null : new Date(Date.now() + days * DAY_MS).toISOString(),
      rate_per_minute: typeof rate === 'number' ? rate : null,
    });
  };
  return (
    <Dialog onClose={onClose} title="New API key">
      <form
        className={classes.form}
        onSubmit={(event) => {
          event.preventDefault();
          submit();
        }}
      >
        <TextInput
          label="Name"
          description="Whose it is, or what for. It stands in the log."
          required
          data-autofocus
          autoComplete="off"
          maxLength={100}
          value={name}
          onChange={(event) => {
            setName(event.currentTarget.value);
          }}
        />
        <Checkbox.Group label="It may" value={actions} onChange={setActions}>
          <Group gap="xs" mt="xs">
            {Object.entries(ACTIONS).map(([value, label]) => (
              <Checkbox key={value} value={value} label={label} />
            ))}
          </Group>
        </Checkbox.Group>
        <TagsInput
          label="Collections"
          description="Names, or patterns: photos* is every collection whose name begins so, * is all. Enter adds one."
          data={['*', ...(collections?.map((one) => one.name) ?? [])]}
          value={patterns}
          error={wrong !== undefined && `${wrong}: letters, digits, underscores and * only.`}
          autoComplete="off"
          spellCheck={false}
          acceptValueOnBlur
          onChange={setPatterns}
        />
        <Select
          label="It ends"
          data={Object.keys(DAYS)}
          value={ends}
          allowDeselect={false}
          onChange={(next) => {
            if (next) setEnds(next);
          }}
        />
        <NumberInput
          label="Requests in a minute"
          description="Empty for no limit."
          min={1}
          max={1_000_000}
          allowDecimal={false}
          value={rate}
          onChange={setRate}
        />
        {create.error && (
          <p className={classes.problem} role="alert">
            {explainShortly(create.error)}
          </p>
        )}
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" disabled={!valid} loading={create.isPending}>
            Create
          </Button>
        </Group>
      </form>
    </Dialog>
  );
}
