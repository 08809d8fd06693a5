import { Button, Group, Stack, TagsInput, Text } from '@mantine/core';
import { useState } from 'react';

import { useTag } from '@/api/images';
import type { Picture } from '@/api/models';
import { explainShortly } from '@/api/remedies';
import { Dialog } from '@/components/Dialog';
import { TagField } from '@/components/facets/TagField';
import { formatNumberOf } from '@/text/quantities';

interface TagDialogProps {
  collection: string;
  pictures: readonly Picture[];
  onClose: () => void;
  onDone: () => void;
}

/** Gives the selected pictures tags and takes others away. */
export function TagDialog({ collection, pictures, onClose, onDone }: TagDialogProps) {
  const tag = useTag(collection);
  const [add, setAdd] = useState<string[]>([]);
  const [remove, setRemove] = useState<string[]>([]);
  const present = [...new Set(pictures.flatMap(({ tags }) => tags))].sort();
  return (
    <Dialog onClose={onClose} title={`Tag ${formatNumberOf(pictures.length, 'picture')}`}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          tag.mutate({ images: pictures, add, remove }, { onSuccess: onDone });
        }}
      >
        <Stack>
          <TagField
            collection={collection}
            label="Add"
            placeholder="Type a tag, then Enter"
            data-autofocus
            value={add}
            onChange={setAdd}
          />
          {present.length > 0 && (
            <TagsInput
              label="Take away"
              placeholder="Choose among theirs"
              data={present}
              value={remove}
              onChange={(next) => {
                setRemove(next.filter((one) => present.includes(one)));
              }}
            />
          )}
          {tag.error && (
            <Text c="var(--danger)" role="alert">
              {explainShortly(tag.error)}
            </Text>
          )}
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              Cancel
            </Button>
            <Button type="submit" loading={tag.isPending} disabled={add.length + remove.length === 0}>
              Save
            </Button>
          </Group>
        </Stack>
      </form>
    </Dialog>
  );
}
