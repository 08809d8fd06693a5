import { Button, Group } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useEffect, useSyncExternalStore } from 'react';

import { type Decision, decisions } from '@/state/decisions';
import { formatNumberOf } from '@/text/quantities';

const ID = 'undo';

/** Keeps one notice for all that can still be undone, which counts it. */
export function UndoNotice() {
  const open = useSyncExternalStore(decisions.subscribe, decisions.open);
  useEffect(() => {
    if (open.length === 0) {
      notifications.hide(ID);
      return;
    }
    const notice = { id: ID, autoClose: false, withCloseButton: false, message: <Question open={open} /> };
    // The first of both makes it, where it is not there yet; the second changes it.
    notifications.show(notice);
    notifications.update(notice);
  }, [open]);
  return null;
}

function Question({ open }: { open: readonly Decision[] }) {
  const pause = () => {
    decisions.pause();
  };
  const resume = () => {
    decisions.resume();
  };
  return (
    <Group justify="space-between" onMouseEnter={pause} onMouseLeave={resume} onFocus={pause} onBlur={resume}>
      <span>{wordsOf(open)}</span>
      <Button
        size="xs"
        variant="default"
        onClick={() => {
          decisions.undo();
        }}
      >
        Undo
      </Button>
    </Group>
  );
}

function wordsOf(open: readonly Decision[]): string {
  const pictures = open.reduce((sum, { forgets }) => sum + forgets, 0);
  const groups = open.filter(({ forgets }) => forgets === 0).length;
  const words = [
    pictures > 0 && `${formatNumberOf(pictures, 'picture')} forgotten`,
    groups > 0 && `${formatNumberOf(groups, 'group')} dismissed`,
  ];
  return `${words.filter((one) => one !== false).join(', ')}.`;
}
