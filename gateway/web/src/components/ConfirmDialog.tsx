import { Button, Group, Text } from '@mantine/core';
import type { ReactNode } from 'react';

import { explainShortly } from '@/api/remedies';

import { Dialog } from './Dialog';

interface ConfirmDialogProps {
  opened: boolean;
  title: string;
  children: ReactNode;
  /** What the button does, in a word or two. */
  action: string;
  pending?: boolean;
  problem?: unknown;
  disabled?: boolean;
  onConfirm: () => void;
  onClose: () => void;
}

/** A question before something that cannot be undone. */
export function ConfirmDialog(props: ConfirmDialogProps) {
  const {
    opened,
    title,
    children,
    action,
    pending = false,
    problem,
    disabled = false,
    onConfirm,
    onClose,
  } = props;
  return (
    <Dialog opened={opened} onClose={onClose} title={title}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          onConfirm();
        }}
      >
        {children}
        {problem !== undefined && problem !== null && (
          <Text c="var(--danger)" mt="sm" role="alert">
            {explainShortly(problem)}
          </Text>
        )}
        <Group justify="flex-end" mt="lg">
          <Button variant="default" onClick={onClose}>
            Keep
          </Button>
          <Button type="submit" color="red" loading={pending} disabled={disabled} data-autofocus>
            {action}
          </Button>
        </Group>
      </form>
    </Dialog>
  );
}
