import { ActionIcon, Button, FileButton, Loader, Text, Tooltip } from '@mantine/core';
import { IconCrop, IconPhoto, IconX } from '@tabler/icons-react';
import { lazy, Suspense, useState } from 'react';

import type { SearchAddress } from '@/state/address';
import type { Change } from '@/state/useAddress';

import classes from './QueryPanel.module.css';
import { SearchControls } from './SearchControls';
import type { SubjectState } from './useSubject';

const CropPicture = lazy(() => import('./CropPicture'));

interface QueryPanelProps {
  subject: SubjectState;
  address: SearchAddress;
  change: Change<SearchAddress>;
  onFiles: (files: readonly File[]) => void;
  onRemove: () => void;
}

const FIRST_BOX = { x: 0.2, y: 0.2, width: 0.6, height: 0.6 };

/** The picture searched with, the box on it, and what narrows the search. */
export function QueryPanel({ subject, address, change, onFiles, onRemove }: QueryPanelProps) {
  const ready = subject.state === 'ready';
  return (
    <aside className={classes.panel} aria-label="What to search for">
      <div className={classes.head}>
        <Text fw={620} truncate title={ready ? subject.name : undefined}>
          {ready ? subject.name : 'Your picture'}
        </Text>
        <Tooltip label="Remove the picture">
          <ActionIcon variant="subtle" aria-label="Remove the picture" onClick={onRemove}>
            <IconX size={18} />
          </ActionIcon>
        </Tooltip>
      </div>
      <div className={classes.stage}>
        {ready && <Subject key={subject.preview} subject={subject} address={address} change={change} />}
        {subject.state === 'reading' && <Loader size="sm" color="ink" />}
        {(subject.state === 'elsewhere' || subject.state === 'failed') && (
          <IconPhoto size={48} stroke={1} aria-hidden className={classes.missing} />
        )}
      </div>
      <div className={classes.actions}>
        {ready && (
          <Button
            variant="default"
            size="xs"
            leftSection={<IconCrop size={16} aria-hidden />}
            onClick={() => {
              change({ crop: address.crop ? undefined : FIRST_BOX });
            }}
          >
            {address.crop ? 'Whole picture' : 'Only a part'}
          </Button>
        )}
        <FileButton
          multiple={false}
          onChange={(file) => {
            if (file) onFiles([file]);
          }}
        >
          {(props) => (
            <Button {...props} variant="default" size="xs">
              Another picture
            </Button>
          )}
        </FileButton>
      </div>
      {ready && !address.crop && (
        <p className={classes.hint}>Draw a box on the picture to search by that part.</p>
      )}
      <SearchControls address={address} change={change} />
    </aside>
  );
}

function Subject({
  subject,
  address,
  change,
}: Pick<QueryPanelProps, 'address' | 'change'> & { subject: Extract<SubjectState, { state: 'ready' }> }) {
  const [broken, setBroken] = useState(false);
  if (broken) {
    return (
      <div className={classes.unseen}>
        <IconPhoto size={48} stroke={1} aria-hidden />
        <p>
          The browser cannot show this file. If Lookalike can read it, the results are right all the same.
        </p>
      </div>
    );
  }
  return (
    <Suspense fallback={<img className={classes.plain} src={subject.preview} alt="" />}>
      <CropPicture
        src={subject.preview}
        name={subject.name}
        crop={address.crop}
        onCrop={(crop) => {
          change({ crop }, { replace: address.crop !== undefined });
        }}
        onBroken={() => {
          setBroken(true);
        }}
      />
    </Suspense>
  );
}
