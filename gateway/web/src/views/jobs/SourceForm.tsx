import { Button, SegmentedControl, Switch, TagsInput, Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { type ChangeEvent, type ComponentType, useState } from 'react';

import { useCreateJob } from '@/api/jobs';
import type { SourceKind } from '@/api/models';
import { systemQuery } from '@/api/system';
import { type Drafts, faultsOf, NO_DRAFTS, sourceOf } from '@/state/sources';

import { type FieldsProps, KIND_NAMES, KINDS } from './kinds';
import { KeepForm } from './KeepForm';
import classes from './SourceCard.module.css';

const NO_SWITCHES = { skip: false, sync: false };

/** Loads what the server can reach by itself: folders, and whatever else it offers. */
export function SourceForm({ collection }: { collection: string }) {
  const { data: system } = useQuery(systemQuery);
  const load = useCreateJob();
  const [kind, setKind] = useState<SourceKind>('directory');
  const [drafts, setDrafts] = useState(NO_DRAFTS);
  const [switches, setSwitches] = useState(NO_SWITCHES);
  const [tags, setTags] = useState<string[]>([]);
  const { lead, action, sync } = KINDS[kind];
  const roots = system?.image_roots;
  const closed = roots?.length === 0 && readsRoots(kind, drafts);
  const source = sourceOf(kind, drafts);
  const { fields, rest } = faultsOf(load.error);

  const part = {
    kind,
    drafts,
    faults: fields,
    roots: roots ?? [],
    onChange: (change: Partial<Drafts[SourceKind]>) => {
      setDrafts((before) => ({ ...before, [kind]: { ...before[kind], ...change } }));
      if (load.error) load.reset();
    },
  };
  const options = {
    on_duplicate: switches.skip ? ('skip' as const) : ('keep' as const),
    sync: sync !== null && switches.sync,
  };
  const submit = () => {
    if (!source) return;
    const body = {
      source,
      ...options,
      report_duplicates: false,
      allow_mass_removal: false,
      tags,
      metadata: {},
    };
    load.mutate({ collection, body });
  };
  const choose = (name: keyof typeof switches) => (event: ChangeEvent<HTMLInputElement>) => {
    const { checked } = event.currentTarget;
    setSwitches((before) => ({ ...before, [name]: checked }));
  };
  return (
    <form
      className={classes.card}
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
    >
      <Title order={2}>From the server or the web</Title>
      <SegmentedControl<SourceKind>
        aria-label="What to load"
        classNames={{ label: classes.kind }}
        data={KIND_NAMES}
        value={kind}
        onChange={(next) => {
          setKind(next);
          load.reset();
        }}
      />
      <p className={classes.lead}>
        {closed
          ? 'No folder is open to Lookalike. Start it with LOOKALIKE_IMAGE_ROOTS set to your folder of pictures, or upload instead.'
          : lead}
      </p>
      <Part {...part} of="Fields" />
      {rest && (
        <p className={classes.problem} role="alert">
          {rest}
        </p>
      )}
      <Button
        type="submit"
        className={classes.submit ?? ''}
        loading={load.isPending}
        disabled={source === null || collection === ''}
      >
        {action}
      </Button>
      <details className={classes.more}>
        <summary>Options</summary>
        <div className={classes.options}>
          <Part {...part} of="Options" />
          <Switch
            label="Leave out copies of pictures that are in the collection"
            checked={switches.skip}
            onChange={choose('skip')}
          />
          {sync && <Switch label={sync} checked={switches.sync} onChange={choose('sync')} />}
          <TagsInput
            label="Tags for all of them"
            placeholder="Type a tag, then Enter"
            value={tags}
            onChange={setTags}
          />
        </div>
      </details>
      <KeepForm key={kind} collection={collection} source={source} options={options} />
    </form>
  );
}

interface PartProps<Name extends SourceKind> extends Omit<FieldsProps<Drafts[Name]>, 'draft'> {
  kind: Name;
  drafts: Drafts;
  of: 'Fields' | 'Options';
}

/** What a kind of source asks for. */
function Part<Name extends SourceKind>({ kind, drafts, of, ...props }: PartProps<Name>) {
  const Fields: ComponentType<FieldsProps<Drafts[Name]>> = KINDS[kind][of];
  return <Fields draft={drafts[kind]} {...props} />;
}

function readsRoots<Name extends SourceKind>(kind: Name, drafts: Pick<Drafts, Name>): boolean {
  return KINDS[kind].inRoots(drafts[kind]);
}
