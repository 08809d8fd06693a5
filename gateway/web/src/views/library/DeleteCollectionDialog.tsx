import { Text, TextInput } from '@mantine/core';
import { useState } from 'react';

import { useDeleteCollection } from '@/api/collections';
import type { Collection } from '@/api/models';
import { ConfirmDialog } from '@/components/ConfirmDialog';
import { useCollection } from '@/state/collection';
import { formatNumberOf } from '@/text/quantities';

interface DeleteCollectionDialogProps {
  collection: Collection;
  onClose: () => void;
}

/** Asks for the collection's name before all of it goes. */
export function DeleteCollectionDialog({ collection, onClose }: DeleteCollectionDialogProps) {
  const remove = useDeleteCollection();
  const { collections, choose } = useCollection();
  const [typed, setTyped] = useState('');
  return (
    <ConfirmDialog
      opened
      title={`Delete ${collection.name}?`}
      action="Delete collection"
      pending={remove.isPending}
      problem={remove.error}
      disabled={typed !== collection.name}
      onClose={onClose}
      onConfirm={() => {
        remove.mutate(collection.name, {
          onSuccess: () => {
            onClose();
            const next = collections?.find(({ name }) => name !== collection.name);
            if (next) choose(next.name, { replace: true });
          },
        });
      }}
    >
      <Text mb="md">
        {formatNumberOf(collection.count, 'image')} will be forgotten, uploads are deleted and its loads are
        no longer known. Files in folders stay where they are.
      </Text>
      <TextInput
        label={`Type the name, ${collection.name}, to go on`}
        autoComplete="off"
        data-autofocus
        value={typed}
        onChange={(event) => {
          setTyped(event.currentTarget.value);
        }}
      />
    </ConfirmDialog>
  );
}
