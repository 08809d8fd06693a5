import { Button, Checkbox, Group, Select, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';

import { useCreateCollection } from '@/api/collections';
import type { IndexType, Pooling } from '@/api/models';
import { explainShortly } from '@/api/remedies';
import { COLLECTION_DESCRIPTION, COLLECTION_NAME } from '@/api/rules';
import { systemQuery } from '@/api/system';
import { Dialog } from '@/components/Dialog';

import classes from './CreateCollectionDialog.module.css';

interface CreateCollectionDialogProps {
  onClose: () => void;
  onCreated: (name: string) => void;
}

/** What each pooling is, in the order of the list. */
const POOLING_NAMES: Record<Pooling, string> = {
  rmac: 'maxima of regions, best by our measure',
  gem: 'between mean and maximum',
  max: 'the maximum, as in the article',
  avg: 'the mean',
};
const DESCRIPTORS = Object.entries(POOLING_NAMES).map(([value, name]) => ({
  value: value as Pooling,
  label: `${value}: ${name}`,
}));

/** What each index is for, in the order of the list. */
const INDEX_NAMES: Record<IndexType, string> = {
  HNSW: 'a graph in memory, fast and nearly exact',
  HNSW_SQ: 'the same graph over quantised vectors, a quarter of the memory',
  IVF_FLAT: 'clusters, quickly built',
  IVF_SQ8: 'clusters of quantised vectors, a quarter of the memory',
  IVF_RABITQ: 'clusters of one bit a number, refined; Milvus 2.6',
  SCANN: 'clusters, looked through in order; a Milvus server',
  DISKANN: 'a graph on disk, for more vectors than memory; a Milvus server',
  FLAT: 'none: exact, and slow with many images',
  AUTOINDEX: 'what Milvus chooses',
};
const INDEXES = Object.entries(INDEX_NAMES).map(([value, name]) => ({
  value: value as IndexType,
  label: `${value}: ${name}`,
}));

export function CreateCollectionDialog({ onClose, onCreated }: CreateCollectionDialogProps) {
  const create = useCreateCollection();
  const [name, setName] = useState('');
  const [description, setDescription] = useState('');
  const [chosen, setPooling] = useState<Pooling>();
  const [index, setIndex] = useState<IndexType | null>(null);
  const [regions, setRegions] = useState(false);
  const { data: system } = useQuery(systemQuery);
  const pooling = chosen ?? system?.pooling;
  const valid = COLLECTION_NAME.pattern.test(name);
  return (
    <Dialog onClose={onClose} title="New collection">
      <form
        className={classes.form}
        onSubmit={(event) => {
          event.preventDefault();
          if (!valid) return;
          create.mutate(
            {
              name,
              description,
              regions,
              any_encoder: false,
              ...(pooling ? { descriptor: { pooling } } : {}),
              ...(index ? { index: { type: index, params: {} } } : {}),
            },
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
          maxLength={COLLECTION_NAME.maxLength}
          value={name}
          error={name !== '' && !valid && 'Use letters, digits and underscores only.'}
          onChange={(event) => {
            setName(event.currentTarget.value);
          }}
        />
        <TextInput
          label="Description"
          maxLength={COLLECTION_DESCRIPTION.maxLength}
          value={description}
          onChange={(event) => {
            setDescription(event.currentTarget.value);
          }}
        />
        <Select
          label="Descriptor"
          description="How the encoder’s features become one vector. It cannot be changed later."
          data={DESCRIPTORS}
          value={pooling ?? null}
          allowDeselect={false}
          onChange={(next) => {
            if (next) setPooling(next);
          }}
        />
        <Select
          label="Index"
          description="How Milvus finds the nearest vectors. It cannot be changed later."
          placeholder="The server’s default"
          data={INDEXES}
          value={index}
          clearable
          onChange={setIndex}
        />
        <Checkbox
          label="Find pictures by a detail"
          description="Five parts of each picture are kept beside the whole: loads take about six times as long, and the vectors six times the memory. It cannot be changed later."
          checked={regions}
          onChange={(event) => {
            setRegions(event.currentTarget.checked);
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
