import { Switch } from '@mantine/core';

import { PathField } from '@/components/PathField';
import type { Drafts } from '@/state/sources';

import { FolderSuggestions } from './FolderSuggestions';
import type { FieldsProps } from './kinds';
import { NarrowingFields } from './NarrowingFields';

type Props = FieldsProps<Drafts['directory']>;

/** The folder to load, typed, completed or suggested. */
export function FolderFields({ draft, faults, roots, onChange }: Props) {
  const setPath = (path: string) => {
    onChange({ path });
  };
  return (
    <>
      <PathField
        label="Folder"
        placeholder={roots[0] ?? '/photos'}
        value={draft.path}
        fault={faults.path}
        onChange={setPath}
      />
      <FolderSuggestions roots={roots} onChoose={setPath} />
    </>
  );
}

/** Which of a folder's files are loaded. */
export function FolderOptions({ draft, faults, onChange }: Props) {
  return (
    <>
      <Switch
        label="Sub-folders too"
        checked={draft.recursive}
        onChange={(event) => {
          onChange({ recursive: event.currentTarget.checked });
        }}
      />
      <NarrowingFields draft={draft} faults={faults} onChange={onChange} />
    </>
  );
}
