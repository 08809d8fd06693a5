import { Button, Group, TextInput } from '@mantine/core';
import { useClipboard } from '@mantine/hooks';
import { IconCheck, IconCopy } from '@tabler/icons-react';

import type { CreatedKey } from '@/api/models';
import { Dialog } from '@/components/Dialog';
import { Notice } from '@/components/Notice';

import classes from './KeysView.module.css';

/** A key that was just made, to be copied: nothing can say it later. */
export function NewKey({ created, onClose }: { created: CreatedKey; onClose: () => void }) {
  const clipboard = useClipboard();
  return (
    <Dialog onClose={onClose} title="Copy the key now">
      <div className={classes.form}>
        <Notice tone="warning" title="It is shown this once" announce>
          The server keeps only its fingerprint. If it is lost, revoke it and make another one.
        </Notice>
        <div className={classes.key}>
          <TextInput
            label={`Key of ${created.name}`}
            readOnly
            value={created.key}
            autoComplete="off"
            spellCheck={false}
            onFocus={(event) => {
              event.currentTarget.select();
            }}
          />
          {/* The clipboard can be written on https and localhost only. */}
          {window.isSecureContext && (
            <Button
              variant="default"
              leftSection={
                clipboard.copied ? <IconCheck size={18} aria-hidden /> : <IconCopy size={18} aria-hidden />
              }
              onClick={() => {
                clipboard.copy(created.key);
              }}
            >
              {clipboard.copied ? 'Copied' : 'Copy'}
            </Button>
          )}
        </div>
        <Group justify="flex-end">
          <Button onClick={onClose}>Done</Button>
        </Group>
      </div>
    </Dialog>
  );
}
