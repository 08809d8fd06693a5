import { Switch, TagsInput, TextInput } from '@mantine/core';

import { PathField } from '@/components/PathField';
import type { Drafts } from '@/state/sources';

import { FolderSuggestions } from './FolderSuggestions';
import type { FieldsProps } from './kinds';

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
      <TextInput
        label="Only files that match"
        placeholder="*.jpg"
        value={draft.pattern}
        error={faults.pattern}
        errorProps={{ role: 'alert' }}
        onChange={(event) => {
          onChange({ pattern: event.currentTarget.value });
        }}
      />
      <TagsInput
        label="No files or folders that match"
        placeholder="Type thumbs or *.gif, then Enter"
        value={draft.exclude}
        error={faults.exclude}
        errorProps={{ role: 'alert' }}
        onChange={(exclude) => {
          onChange({ exclude });
        }}
      />
    </>
  );
}
