import { Modal } from '@mantine/core';
import type { ReactNode } from 'react';

import classes from './Dialog.module.css';

interface DialogProps {
  opened?: boolean;
  title: string;
  children: ReactNode;
  onClose: () => void;
}

/** A window over the page, or over the lightbox. */
export function Dialog({ opened = true, title, children, onClose }: DialogProps) {
  return (
    <Modal.Root opened={opened} onClose={onClose} zIndex={300}>
      <Modal.Overlay />
      <Modal.Content classNames={{ content: classes.dialog ?? '' }}>
        {/* Mantine's own header would be a second banner to a screen reader. */}
        <div className={classes.head}>
          <Modal.Title className={classes.title}>{title}</Modal.Title>
          <Modal.CloseButton aria-label="Close" />
        </div>
        <Modal.Body className={classes.body}>{children}</Modal.Body>
      </Modal.Content>
    </Modal.Root>
  );
}
