import { Button } from '@mantine/core';
import { useVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useRef } from 'react';

import { type UploadItem, uploads, useUploads } from '@/state/uploads';
import { formatBytes, formatCount } from '@/text/quantities';

import classes from './UploadList.module.css';

const ROW = 52;

/** The files being uploaded, each with how much of it is sent. */
export function UploadList() {
  const items = useUploads();
  const scroll = useRef<HTMLDivElement>(null);
  const busy = items.some(({ state }) => state === 'waiting' || state === 'sending');
  const virtual = useVirtualizer({
    count: items.length,
    getScrollElement: () => scroll.current,
    estimateSize: () => ROW,
    overscan: 5,
  });
  useWarningBeforeLeaving(busy);
  if (items.length === 0) return null;

  const sent = items.filter(({ state }) => state === 'sent').length;
  const refused = items.filter(({ state }) => state === 'refused').length;
  return (
    <div>
      <div className={classes.head}>
        <p className={`${classes.summary} numbers`} role="status">
          {formatCount(sent)} of {formatCount(items.length)} uploaded
          {refused > 0 && `, ${formatCount(refused)} refused`}
        </p>
        <Button
          variant="subtle"
          size="compact-sm"
          onClick={() => {
            if (busy) uploads.stop();
            else uploads.clear();
          }}
        >
          {busy ? 'Stop uploading' : 'Clear the list'}
        </Button>
      </div>
      <div
        ref={scroll}
        className={classes.list}
        // Scrolled by keyboard too.
        // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex
        tabIndex={0}
        role="group"
        aria-label="Files being uploaded"
      >
        <ul className={classes.files} style={{ height: virtual.getTotalSize() }}>
          {virtual.getVirtualItems().map(({ index, start }) => {
            const item = items[index];
            return item && <File key={item.key} item={item} top={start} />;
          })}
        </ul>
      </div>
    </div>
  );
}

function File({ item, top }: { item: UploadItem; top: number }) {
  const { file, state, progress, problem } = item;
  return (
    <li className={classes.file} style={{ top, height: ROW }} data-state={state}>
      <span className={classes.name} title={file.name}>
        {file.name}
      </span>
      <span className={`${classes.state} numbers`}>{STATES[state](progress, file.size)}</span>
      {problem ? (
        <span className={classes.problem} title={problem}>
          {problem}
        </span>
      ) : (
        <progress className={classes.bar} value={progress} max={1} aria-label={`Upload of ${file.name}`} />
      )}
    </li>
  );
}

const STATES: Record<UploadItem['state'], (progress: number, bytes: number) => string> = {
  waiting: (_, bytes) => `waiting, ${formatBytes(bytes)}`,
  sending: (progress, bytes) => `${Math.round(progress * 100)} % of ${formatBytes(bytes)}`,
  sent: () => 'uploaded',
  refused: () => 'refused',
};

function useWarningBeforeLeaving(busy: boolean) {
  useEffect(() => {
    if (!busy) return undefined;
    const warn = (event: BeforeUnloadEvent) => {
      event.preventDefault();
    };
    window.addEventListener('beforeunload', warn);
    return () => {
      window.removeEventListener('beforeunload', warn);
    };
  }, [busy]);
}
