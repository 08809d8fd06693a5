import { Button, FileButton, TagsInput, Title } from '@mantine/core';
import { Dropzone } from '@mantine/dropzone';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef, useState } from 'react';

import { collectionsQuery } from '@/api/collections';
import { putJob } from '@/api/jobs';
import { largestUpload, systemQuery } from '@/api/system';
import { looksLikeArchive, looksLikePicture } from '@/state/uploadBatches';
import { uploads } from '@/state/uploads';
import { listOfFormats } from '@/text/formats';
import { formatNumberOf } from '@/text/quantities';

import classes from './SourceCard.module.css';
import { UploadList } from './UploadList';

const BATCH_FILES = 100;

/** Uploads pictures of the reader's own machine. */
export function UploadForm({ collection }: { collection: string }) {
  const client = useQueryClient();
  const { data: system } = useQuery(systemQuery);
  const [tags, setTags] = useState<string[]>([]);
  const [leftOut, setLeftOut] = useState(0);
  const folder = useRef<HTMLInputElement>(null);

  useEffect(() => {
    uploads.onJob = (job) => {
      putJob(client, job);
      void client.invalidateQueries({ queryKey: collectionsQuery.queryKey });
    };
  }, [client]);

  const limits = system && {
    bytes: largestUpload(system),
    files: Math.min(BATCH_FILES, system.limits.max_upload_files),
  };
  const add = (files: readonly File[]) => {
    if (!system || !limits) return;
    // A single file is sent whatever it is called; the gateway says why it is no picture.
    const pictures =
      files.length === 1
        ? files
        : files.filter((file) => looksLikePicture(file, system.formats) || looksLikeArchive(file));
    setLeftOut(files.length - pictures.length);
    uploads.add(pictures, { collection, tags }, limits);
  };
  return (
    <div className={classes.card}>
      <Title order={2}>From this computer</Title>
      <p className={classes.lead}>
        Pictures are copied to the server
        {system && `, up to ${system.limits.max_upload_mb} MiB each`}. {listOfFormats()}. Archives (zip, tar)
        are opened.
      </p>
      <Dropzone
        className={classes.zone ?? ''}
        onDrop={add}
        activateOnClick={false}
        activateOnKeyboard={false}
        tabIndex={-1}
        enablePointerEvents
        disabled={!limits || collection === ''}
        inputProps={{ 'aria-label': 'Pictures to upload' }}
      >
        <span>Drop pictures, archives or whole folders here</span>
        <span className={classes.choose}>
          <FileButton multiple onChange={add}>
            {(props) => (
              <Button {...props} variant="default" disabled={!limits}>
                Choose pictures
              </Button>
            )}
          </FileButton>
          <Button variant="default" disabled={!limits} onClick={() => folder.current?.click()}>
            Choose a folder
          </Button>
        </span>
      </Dropzone>
      <input
        ref={folder}
        type="file"
        hidden
        multiple
        aria-label="Folder to upload"
        // Not in React's types, but in every browser.
        {...{ webkitdirectory: '' }}
        onChange={(event) => {
          add([...(event.currentTarget.files ?? [])]);
          event.currentTarget.value = '';
        }}
      />
      {leftOut > 0 && (
        <p className={classes.lead} role="status">
          {formatNumberOf(leftOut, 'file')} left out: no picture or archive by name.
        </p>
      )}
      <UploadList />
      <details className={classes.more}>
        <summary>Options</summary>
        <div className={classes.options}>
          <TagsInput
            label="Tags for what is dropped next"
            placeholder="Type a tag, then Enter"
            value={tags}
            onChange={setTags}
          />
        </div>
      </details>
    </div>
  );
}
