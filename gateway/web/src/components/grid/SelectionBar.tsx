import { ActionIcon, Button, Text, Tooltip } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { IconTag, IconTrash, IconX } from '@tabler/icons-react';
import { useState } from 'react';

import { useForget } from '@/api/images';
import type { Picture } from '@/api/models';
import { ForgetDialog } from '@/components/ForgetDialog';
import { formatNumberOf } from '@/text/quantities';

import classes from './SelectionBar.module.css';
import { TagDialog } from './TagDialog';
import type { Selection } from './useSelection';

interface SelectionBarProps {
  collection: string;
  pictures: readonly Picture[];
  selection: Selection;
}

/** What can be done with the selected pictures. */
export function SelectionBar({ collection, pictures, selection }: SelectionBarProps) {
  const [dialog, setDialog] = useState<'tag' | 'forget' | null>(null);
  const forget = useForget(collection);
  const selected = pictures.filter(({ id }) => selection.ids.has(id));
  if (selected.length === 0) return null;
  const close = () => {
    setDialog(null);
  };
  const done = (message: string) => {
    notifications.show({ message });
    close();
    selection.clear();
  };
  return (
    <div className={classes.bar} role="toolbar" aria-label="Selected pictures">
      <Tooltip label="Select none">
        <ActionIcon variant="subtle" aria-label="Select none" onClick={selection.clear}>
          <IconX size={18} />
        </ActionIcon>
      </Tooltip>
      <Text fw={620} className="numbers" role="status">
        {selected.length} selected
      </Text>
      <div className={classes.actions}>
        <Button variant="subtle" size="sm" onClick={selection.all} className={classes.all ?? ''}>
          Select all shown
        </Button>
        <Button
          variant="default"
          size="sm"
          leftSection={<IconTag size={16} aria-hidden />}
          onClick={() => {
            setDialog('tag');
          }}
        >
          Tag…
        </Button>
        <Button
          variant="default"
          size="sm"
          c="var(--danger)"
          leftSection={<IconTrash size={16} aria-hidden />}
          onClick={() => {
            setDialog('forget');
          }}
        >
          Forget…
        </Button>
      </div>
      {dialog === 'tag' && (
        <TagDialog
          collection={collection}
          pictures={selected}
          onClose={close}
          onDone={() => {
            done(`${formatNumberOf(selected.length, 'picture')} tagged.`);
          }}
        />
      )}
      <ForgetDialog
        opened={dialog === 'forget'}
        pictures={selected}
        pending={forget.isPending}
        problem={forget.error}
        onClose={close}
        onConfirm={() => {
          forget.mutate(
            selected.map(({ id }) => id),
            {
              onSuccess: () => {
                done(`${formatNumberOf(selected.length, 'picture')} forgotten.`);
              },
            },
          );
        }}
      />
    </div>
  );
}
