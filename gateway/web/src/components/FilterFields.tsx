import { CloseButton, TextInput } from '@mantine/core';
import { IconTag } from '@tabler/icons-react';
import { useState } from 'react';

import type { ImageFilter } from '@/api/models';

import classes from './FilterFields.module.css';
import { FolderField } from './FolderField';

interface FilterFieldsProps extends ImageFilter {
  onChange: (filter: ImageFilter) => void;
}

/** Narrows to a tag and to a folder; each is taken on Enter, on choosing, and on leaving the field. */
export function FilterFields({ tag, folder, onChange }: FilterFieldsProps) {
  return (
    <div className={classes.fields}>
      <TagField
        key={tag}
        tag={tag}
        onChange={(next) => {
          onChange({ tag: next, folder });
        }}
      />
      <FolderField
        key={folder}
        label="In folder"
        placeholder="Any folder"
        value={folder ?? ''}
        onSettled={(next) => {
          onChange({ tag, folder: next || undefined });
        }}
      />
    </div>
  );
}

function TagField({
  tag,
  onChange,
}: {
  tag: string | undefined;
  onChange: (tag: string | undefined) => void;
}) {
  const [text, setText] = useState(tag ?? '');
  const settle = (next: string) => {
    if (next.trim() !== (tag ?? '')) onChange(next.trim() || undefined);
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
