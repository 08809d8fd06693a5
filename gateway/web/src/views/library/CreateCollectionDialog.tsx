import { Button, Group, Select, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';

import { useCreateCollection } from '@/api/collections';
import type { Collection } from '@/api/models';
import { explainShortly } from '@/api/remedies';
import { systemQuery } from '@/api/system';
import { Dialog } from '@/components/Dialog';

import classes from './CreateCollectionDialog.module.css';

interface CreateCollectionDialogProps {
  onClose: () => void;
  onCreated: (name: string) => void;
}

type Pooling = Collection['descriptor']['pooling'];

const NAME = /^[A-Za-z_][A-Za-z0-9_]{0,62}$/;

const POOLINGS: { value: Pooling; label: string }[] = [
  { value: 'rmac', label: 'rmac: maxima of regions, best by our measure' },
  { value: 'gem', label: 'gem: between mean and maximum' },
  { value: 'max', label: 'max: the maximum, as in the article' },
  { value: 'avg', label: 'avg: the mean' },
];

export function CreateCollectionDialog({ onClose, onCreated }: CreateCollectionDialogProps) {
  const create = useCreateCollection();
  const [name, setName] = useState('');
  const [description, setDescription] = useState('');
  const [chosen, setPooling] = useState<Pooling>();
  const { data: system } = useQuery(systemQuery);
  const pooling = chosen ?? system?.pooling ?? 'rmac';
  const valid = NAME.test(name);
  return (
    <Dialog onClose={onClose} title="New collection">
      <form
        className={classes.form}
        onSubmit={(event) => {
          event.preventDefault();
          if (!valid) return;
          create.mutate(
            { name, description, descriptor: { pooling } },
            {
              onSuccess: () => {
                onCreated(name);
                onClose();
              },
            },
          );
        }}
      >
        <TextInput
          label="Name"
          description="Letters, digits and underscores; the first is no digit."
          required
          data-autofocus
          autoComplete="off"
          maxLength={63}
          value={name}
          error={name !== '' && !valid && 'Use letters, digits and underscores only.'}
          onChange={(event) => {
            setName(event.currentTarget.value);
          }}
        />
        <TextInput
          label="Description"
          maxLength={1000}
          value={description}
          onChange={(event) => {
            setDescription(event.currentTarget.value);
          }}
        />
        <Select
          label="Descriptor"
          description="How the encoder’s features become one vector. It cannot be changed later."
          data={POOLINGS}
          value={pooling}
          allowDeselect={false}
          onChange={(next) => {
            if (next) setPooling(next);
          }}
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
