import { ActionIcon, Button, Text, Tooltip } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { IconTag, IconTrash, IconX } from '@tabler/icons-react';
import { useState } from 'react';

import type { Picture } from '@/api/models';
import { ForgetDialog } from '@/components/ForgetDialog';
import { useForgetLater } from '@/components/useForgetLater';
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
  const forget = useForgetLater(collection);
  const selected = pictures.filter(({ id }) => selection.ids.has(id));
  if (selected.length === 0) return null;
  const close = () => {
    setDialog(null);
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
            notifications.show({ message: `${formatNumberOf(selected.length, 'picture')} tagged.` });
            close();
            selection.clear();
          }}
        />
      )}
      <ForgetDialog
        opened={dialog === 'forget'}
        pictures={selected}
        onClose={close}
        onConfirm={() => {
          forget(selected);
          close();
          selection.clear();
        }}
      />
    </div>
  );
}
