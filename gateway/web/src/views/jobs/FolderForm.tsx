import { Button, Switch, TagsInput, TextInput, Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';

import { useCreateJob } from '@/api/jobs';
import { explainShortly } from '@/api/remedies';
import { systemQuery } from '@/api/system';
import { FolderField } from '@/components/FolderField';

import { FolderSuggestions } from './FolderSuggestions';
import classes from './SourceCard.module.css';

const SWITCHES = [
  { name: 'recursive', label: 'Sub-folders too' },
  { name: 'skip', label: 'Leave out copies of pictures that are in the collection' },
  { name: 'sync', label: 'Forget pictures whose file is gone from the folder' },
] as const;

/** Loads a folder that the server can see. */
export function FolderForm({ collection }: { collection: string }) {
  const { data: system } = useQuery(systemQuery);
  const load = useCreateJob();
  const [path, setPath] = useState('');
  const [switches, setSwitches] = useState({ recursive: true, skip: false, sync: false });
  const [pattern, setPattern] = useState('');
  const [tags, setTags] = useState<string[]>([]);
  const roots = system?.image_roots ?? [];
  const closed = system !== undefined && roots.length === 0;

  const setWanted = (next: string) => {
    setPath(next);
    if (load.error) load.reset();
  };
  const submit = () => {
    const source = {
      kind: 'directory' as const,
      path: path.trim(),
      recursive: switches.recursive,
      pattern: pattern.trim() || null,
      exclude: [],
    };
    const body = {
      source,
      on_duplicate: switches.skip ? ('skip' as const) : ('keep' as const),
      sync: switches.sync,
      report_duplicates: false,
      allow_mass_removal: false,
      tags,
      metadata: {},
    };
    load.mutate({ collection, body });
  };
  return (
    <form
      className={classes.card}
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
    >
      <Title order={2}>From a folder of the server</Title>
      <p className={classes.lead}>
        {closed
          ? 'No folder is open to Lookalike. Start it with LOOKALIKE_IMAGE_ROOTS set to your folder of pictures, or upload instead.'
          : 'Pictures are read where they are, not copied. Loading again skips what is unchanged.'}
      </p>
      <div className={classes.submit}>
        <FolderField
          label="Folder"
          placeholder={roots[0] ?? '/photos'}
          value={path}
          invalid={load.error !== null}
          onChange={setWanted}
        />
        <Button type="submit" loading={load.isPending} disabled={path.trim() === '' || collection === ''}>
          Load folder
        </Button>
      </div>
      {load.error && (
        <p className={classes.problem} role="alert">
          {explainShortly(load.error)}
        </p>
      )}
      <FolderSuggestions roots={roots} onChoose={setWanted} />
      <details className={classes.more}>
        <summary>Options</summary>
        <div className={classes.options}>
          {SWITCHES.map(({ name, label }) => (
            <Switch
              key={name}
              label={label}
              checked={switches[name]}
              onChange={(event) => {
                const { checked } = event.currentTarget;
                setSwitches((before) => ({ ...before, [name]: checked }));
              }}
            />
          ))}
          <TextInput
            label="Only files that match"
            placeholder="*.jpg"
            value={pattern}
            onChange={(event) => {
              setPattern(event.currentTarget.value);
            }}
          />
          <TagsInput
            label="Tags for all of them"
            placeholder="Type a tag, then Enter"
            value={tags}
            onChange={setTags}
          />
        </div>
      </details>
    </form>
  );
}
