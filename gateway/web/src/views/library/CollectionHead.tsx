import { Button, Text, Title } from '@mantine/core';
import { IconPlus, IconTrash } from '@tabler/icons-react';
import { useState } from 'react';

import type { Collection } from '@/api/models';
import { EncoderNotice } from '@/components/EncoderNotice';
import { useCollection } from '@/state/collection';
import { formatBytes, formatCount, formatWhen } from '@/text/quantities';

import classes from './CollectionHead.module.css';
import { CreateCollectionDialog } from './CreateCollectionDialog';
import { DeleteCollectionDialog } from './DeleteCollectionDialog';

/** What the collection is, and the way to another. */
export function CollectionHead() {
  const { name, collection, choose } = useCollection();
  const [dialog, setDialog] = useState<'create' | 'delete' | null>(null);
  const close = () => {
    setDialog(null);
  };
  return (
    <div className={classes.head}>
      <div className={classes.line}>
        <Title order={1} className={classes.name}>
          {name || 'Library'}
        </Title>
        <div className={classes.actions}>
          <Button
            variant="default"
            leftSection={<IconPlus size={18} aria-hidden />}
            onClick={() => {
              setDialog('create');
            }}
          >
            New collection
          </Button>
          {collection && (
            <Button
              variant="default"
              c="var(--danger)"
              leftSection={<IconTrash size={18} aria-hidden />}
              onClick={() => {
                setDialog('delete');
              }}
            >
              Delete…
            </Button>
          )}
        </div>
      </div>
      {collection?.description && <Text c="dimmed">{collection.description}</Text>}
      {collection && <Passport collection={collection} />}
      <EncoderNotice collection={collection} />
      {dialog === 'create' && <CreateCollectionDialog onClose={close} onCreated={choose} />}
      {dialog === 'delete' && collection && (
        <DeleteCollectionDialog collection={collection} onClose={close} />
      )}
    </div>
  );
}

function Passport({ collection }: { collection: Collection }) {
  const { count, bytes, descriptor, index, regions, created_at, state } = collection;
  return (
    <dl className={`${classes.passport} numbers`}>
      <Entry name="images" value={formatCount(count)} />
      <Entry name="encoder" value={`VGG16 ${descriptor.weights}, ${descriptor.pooling} pooling`} />
      <Entry name="index" value={`${index.type}${state === 'loaded' ? '' : `, ${STATES[state]}`}`} />
      <Entry name="vectors" value={`${formatBytes(bytes)}${regions ? ', of parts too' : ''}`} />
      <Entry name="created" value={formatWhen(created_at)} />
    </dl>
  );
}

const STATES = { loading: 'being read into memory', not_loaded: 'not in memory' };

function Entry({ name, value }: { name: string; value: string }) {
  return (
    <div className={classes.entry}>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}
