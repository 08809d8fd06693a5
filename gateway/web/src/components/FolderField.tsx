import { Autocomplete, CloseButton } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { IconFolder } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';

import { foldersQuery, systemQuery } from '@/api/system';

interface FolderFieldProps {
  label: string;
  placeholder?: string;
  description?: string;
  value: string;
  error?: string | undefined;
  /** Called with each keystroke. */
  onChange?: (path: string) => void;
  /** Called on Enter, on choosing from the list, and on leaving the field. */
  onSettled?: (path: string) => void;
}

const TYPING_MS = 150;

/** A folder of the server, completed step by step from the image roots down. */
export function FolderField({ value, onChange, onSettled, ...field }: FolderFieldProps) {
  const [text, setText] = useState(value);
  const [settled, setSettled] = useState(value);
  const [typed] = useDebouncedValue(text, TYPING_MS);
  const [focused, setFocused] = useState(false);
  const { data: system } = useQuery(systemQuery);
  const roots = system?.image_roots ?? [];
  const parent = parentOf(typed);
  const open = roots.some((root) => parent === root || parent.startsWith(`${root}/`));
  const { data: folders } = useQuery({ ...foldersQuery(parent), enabled: focused && open });
  const suggestions = open ? (folders?.items.map(({ path }) => path) ?? []) : roots;

  const type = (next: string) => {
    setText(next);
    onChange?.(next);
  };
  const settle = (next: string) => {
    const path = next.trim();
    if (path === settled) return;
    setSettled(path);
    onSettled?.(path);
  };
  return (
    <Autocomplete
      {...field}
      data={suggestions}
      value={text}
      limit={50}
      maxDropdownHeight={280}
      autoComplete="off"
      spellCheck={false}
      leftSection={<IconFolder size={16} aria-hidden />}
      rightSection={
        text && (
          <CloseButton
            size="sm"
            aria-label={`Clear: ${field.label}`}
            onClick={() => {
              type('');
              settle('');
            }}
          />
        )
      }
      onFocus={() => {
        setFocused(true);
      }}
      onChange={type}
      onOptionSubmit={settle}
      onBlur={() => {
        setFocused(false);
        settle(text);
      }}
      onKeyDown={(event) => {
        if (event.key === 'Enter') settle(text);
      }}
    />
  );
}

/** The folder whose sub-folders complete a path: all of it up to its last slash. */
export function parentOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/') + 1).replace(/(.)\/$/, '$1');
}
