import { Button, Kbd, TextInput, Title } from '@mantine/core';
import { Dropzone } from '@mantine/dropzone';
import { IconPhotoUp } from '@tabler/icons-react';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { Link } from 'wouter';

import { findImage } from '@/api/images';
import type { Collection } from '@/api/models';
import { explainShortly } from '@/api/remedies';
import { PATHS, pathWith } from '@/app/paths';
import { useCollection } from '@/state/collection';
import { type NamedPicture, readReference, type Reference } from '@/state/reference';
import { formatNumberOf } from '@/text/quantities';

import { EncoderNotice } from '@/components/EncoderNotice';
import classes from './SearchStart.module.css';
import { TooLarge } from './TooLarge';

interface SearchStartProps {
  collection: Collection | undefined;
  tooLarge: boolean;
  onFiles: (files: File[]) => void;
  onNamed: (picture: NamedPicture) => void;
}

/** The view before there is a picture: one place to give it. */
export function SearchStart({ collection, tooLarge, onFiles, onNamed }: SearchStartProps) {
  const { name, collections } = useCollection();
  const empty = collections !== undefined && (collection?.count ?? 0) === 0;
  return (
    <div className={classes.start}>
      <Title order={1} className={classes.title}>
        Find the pictures that look like yours
      </Title>
      <EncoderNotice collection={collection} />
      {tooLarge && <TooLarge />}
      <Dropzone
        onDrop={onFiles}
        activateOnKeyboard={false}
        enablePointerEvents
        tabIndex={-1}
        className={classes.zone ?? ''}
        inputProps={{ 'aria-label': 'Picture to search with' }}
      >
        <IconPhotoUp size={44} stroke={1.2} aria-hidden />
        <span className={classes.call}>Drop a picture here</span>
        {/* The zone around it opens the chooser, on the button's click as on any other. */}
        <Button size="md">Choose a picture</Button>
        <span className={classes.hint}>
          or paste one, or its address, with <Kbd>Ctrl</Kbd> <Kbd>V</Kbd>
        </span>
      </Dropzone>
      <ReferenceForm onNamed={onNamed} />
      {empty && (
        <p className={classes.first}>
          <strong>{name || 'The library'} is empty.</strong> First{' '}
          <Link href={pathWith(PATHS.jobs, { collection: name })}>load a folder or upload pictures</Link>,
          then come back and search.
        </p>
      )}
      {!empty && collection && (
        <p className={classes.first}>
          Searching {formatNumberOf(collection.count, 'picture')} in{' '}
          <Link href={pathWith(PATHS.library, { collection: name })}>{name}</Link>.
        </p>
      )}
    </div>
  );
}

function ReferenceForm({ onNamed }: Pick<SearchStartProps, 'onNamed'>) {
  const { name } = useCollection();
  const [text, setText] = useState('');
  const [unread, setUnread] = useState(false);
  const find = useMutation({ mutationFn: (uri: string) => findImage(name, uri) });
  const search = (reference: Reference) => {
    if (!('uri' in reference)) {
      onNamed(reference);
      return;
    }
    const onSuccess = (image: string) => {
      onNamed({ image });
    };
    find.mutate(reference.uri, { onSuccess });
  };
  return (
    <form
      className={classes.reference}
      onSubmit={(event) => {
        event.preventDefault();
        const reference = readReference(text);
        setUnread(reference === null);
        if (reference) search(reference);
      }}
    >
      <TextInput
        className={classes.field ?? ''}
        aria-label="Address of a picture"
        placeholder="Or the address of a picture, on the web or stored here"
        value={text}
        error={
          unread
            ? 'This names no picture. Give an http or https address, or the URI or id of a stored image.'
            : find.error && explainShortly(find.error)
        }
        onChange={(event) => {
          setText(event.currentTarget.value);
          setUnread(false);
          find.reset();
        }}
      />
      <Button type="submit" variant="default" loading={find.isPending} disabled={text.trim() === ''}>
        Search
      </Button>
    </form>
  );
}
