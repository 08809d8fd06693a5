import { ActionIcon, Button, FileButton, Loader, Text, Tooltip } from '@mantine/core';
import { IconCrop, IconPhoto, IconWorld, IconX } from '@tabler/icons-react';
import { lazy, Suspense, useState } from 'react';

import type { FilterFaults } from '@/api/filter';
import type { SearchAddress } from '@/state/address';
import { anyExample } from '@/state/examples';
import type { Change } from '@/state/useAddress';

import { ExamplesPanel } from './ExamplesPanel';
import classes from './QueryPanel.module.css';
import { SearchControls } from './SearchControls';
import type { Hits } from './useHits';
import type { SubjectState } from './useSubject';

const CropPicture = lazy(() => import('./CropPicture'));

interface QueryPanelProps {
  collection: string;
  subject: SubjectState;
  scale: Hits['scale'];
  faults: FilterFaults;
  address: SearchAddress;
  change: Change<SearchAddress>;
  onFiles: (files: readonly File[]) => void;
  onRemove: () => void;
}

const FIRST_BOX = { x: 0.2, y: 0.2, width: 0.6, height: 0.6 };

/** What is searched with: the picture, the box on it, the examples; and what narrows the search. */
export function QueryPanel({
  collection,
  subject,
  scale,
  faults,
  address,
  change,
  onFiles,
  onRemove,
}: QueryPanelProps) {
  return (
    <aside className={classes.panel} aria-label="What to search for">
      {subject.state !== 'none' && (
        <SubjectPanel
          subject={subject}
          address={address}
          change={change}
          onFiles={onFiles}
          onRemove={onRemove}
        />
      )}
      {anyExample(address) && (
        <ExamplesPanel
          collection={collection}
          alone={subject.state === 'none'}
          address={address}
          change={change}
        />
      )}
      <SearchControls
        collection={collection}
        scale={scale}
        faults={faults}
        address={address}
        change={change}
      />
    </aside>
  );
}

function SubjectPanel({
  subject,
  address,
  change,
  onFiles,
  onRemove,
}: Omit<QueryPanelProps, 'collection' | 'scale' | 'faults'>) {
  const ready = subject.state === 'ready';
  const seen = ready && subject.preview !== null;
  return (
    <>
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
        {ready && (
          <Subject
            key={subject.preview}
            name={subject.name}
            preview={subject.preview}
            address={address}
            change={change}
          />
        )}
        {subject.state === 'reading' && <Loader size="sm" color="ink" />}
        {(subject.state === 'elsewhere' || subject.state === 'failed') && (
          <IconPhoto size={48} stroke={1} aria-hidden className={classes.missing} />
        )}
      </div>
      <div className={classes.actions}>
        {seen && (
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
      {seen && !address.crop && (
        <p className={classes.hint}>Draw a box on the picture to search by that part.</p>
      )}
    </>
  );
}

interface SubjectProps extends Pick<QueryPanelProps, 'address' | 'change'> {
  name: string;
  preview: string | null;
}

function Subject({ name, preview, address, change }: SubjectProps) {
  const [broken, setBroken] = useState(false);
  if (preview === null) {
    return (
      <div className={classes.unseen}>
        <IconWorld size={48} stroke={1} aria-hidden />
        <p>
          The server fetches this picture. It is not shown here, as this page asks no other server for
          anything.
        </p>
      </div>
    );
  }
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
    <Suspense fallback={<img className={classes.plain} src={preview} alt="" />}>
      <CropPicture
        src={preview}
        name={name}
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
