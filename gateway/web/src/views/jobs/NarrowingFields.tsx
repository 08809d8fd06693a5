import { TagsInput, TextInput } from '@mantine/core';

interface Narrowing {
  pattern: string;
  exclude: string[];
}

interface NarrowingFieldsProps {
  draft: Narrowing;
  faults: Readonly<Record<string, string>>;
  onChange: (change: Partial<Narrowing>) => void;
}

/** Which files of a folder or bucket are loaded. */
export function NarrowingFields({ draft, faults, onChange }: NarrowingFieldsProps) {
  return (
    <>
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
