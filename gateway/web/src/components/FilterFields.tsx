import { CloseButton, TextInput } from '@mantine/core';
import { IconTag } from '@tabler/icons-react';

import type { ImageFilter } from '@/api/models';

import classes from './FilterFields.module.css';
import { FolderField } from './FolderField';
import { useDraft } from './useDraft';

interface FilterFieldsProps extends ImageFilter {
  onChange: (filter: ImageFilter) => void;
}

/** Narrows to a tag and to a folder; each is taken on Enter, on choosing, and on leaving the field. */
export function FilterFields({ tag, folder, onChange }: FilterFieldsProps) {
  return (
    <div className={classes.fields}>
      <TagField
        settled={tag ?? ''}
        onSettled={(next) => {
          onChange({ tag: next || undefined, folder });
        }}
      />
      <FolderFilter
        settled={folder ?? ''}
        onSettled={(next) => {
          onChange({ tag, folder: next || undefined });
        }}
      />
    </div>
  );
}

interface FieldProps {
  settled: string;
  onSettled: (text: string) => void;
}

function FolderFilter({ settled, onSettled }: FieldProps) {
  const [text, setText] = useDraft(settled);
  return (
    <FolderField
      label="In folder"
      placeholder="Any folder"
      value={text}
      onChange={setText}
      onSettled={(next) => {
        if (next.trim() !== settled) onSettled(next.trim());
      }}
    />
  );
}

function TagField({ settled, onSettled }: FieldProps) {
  const [text, setText] = useDraft(settled);
  const settle = (next: string) => {
    if (next.trim() !== settled) onSettled(next.trim());
  };
  return (
    <TextInput
      label="With tag"
      placeholder="Any tag"
      leftSection={<IconTag size={16} aria-hidden />}
      rightSection={
        text && (
          <CloseButton
            size="sm"
            aria-label="Any tag"
            onClick={() => {
              setText('');
              settle('');
            }}
          />
        )
      }
      value={text}
      onChange={(event) => {
        setText(event.currentTarget.value);
      }}
      onBlur={() => {
        settle(text);
      }}
      onKeyDown={(event) => {
        if (event.key === 'Enter') settle(text);
      }}
    />
  );
}
