import { Autocomplete, CloseButton } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { type Icon, IconFile, IconFolder } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';

import { type FileSort, foldersQuery, systemQuery } from '@/api/system';

interface PathFieldProps {
  label: string;
  /** Whether the label is for screen readers only. */
  labelHidden?: boolean;
  placeholder: string;
  description?: string;
  /** Files that are suggested beside folders. */
  files?: FileSort;
  /** Where completion begins, if not at the image roots. */
  roots?: readonly string[];
  icon?: Icon;
  value: string;
  /** What is wrong with the path. */
  fault?: string | undefined;
  onChange: (path: string) => void;
  /** Called on Enter, on choosing from the list, on clearing, and on leaving the field. */
  onSettled?: (path: string) => void;
}

const TYPING_MS = 150;

/** A folder or file of the server, or of a bucket, completed step by step from the roots down. */
export function PathField({
  label,
  labelHidden = false,
  placeholder,
  description,
  files,
  roots: given,
  icon,
  value,
  fault,
  onChange,
  onSettled,
}: PathFieldProps) {
  const [typed] = useDebouncedValue(value, TYPING_MS);
  const [focused, setFocused] = useState(false);
  const { data: system } = useQuery(systemQuery);
  const roots = given ?? system?.image_roots ?? [];
  const parent = parentOf(typed);
  const open = roots
    .map((root) => root.replace(/(.)\/$/, '$1'))
    .some((root) => parent === root || parent.startsWith(`${root}/`));
  const { data: listed } = useQuery({ ...foldersQuery(parent, files), enabled: focused && open });
  const suggestions = open ? (listed?.items.map(({ path }) => path) ?? []) : [...roots];
  const Shown = icon ?? (files ? IconFile : IconFolder);
  return (
    <Autocomplete
      {...(labelHidden ? { 'aria-label': label } : { label })}
      placeholder={placeholder}
      description={description}
      data={suggestions}
      value={value}
      error={fault}
      errorProps={{ role: 'alert' }}
      limit={50}
      autoComplete="off"
      spellCheck={false}
      leftSection={<Shown size={16} aria-hidden />}
      rightSection={
        value && (
          <CloseButton
            size="sm"
            aria-label={`Clear: ${label}`}
            onClick={() => {
              onChange('');
              onSettled?.('');
            }}
          />
        )
      }
      onChange={onChange}
      onOptionSubmit={(path) => onSettled?.(path)}
      onFocus={() => {
        setFocused(true);
      }}
      onBlur={() => {
        setFocused(false);
        onSettled?.(value);
      }}
      onKeyDown={(event) => {
        if (event.key === 'Enter') onSettled?.(value);
      }}
    />
  );
}

/** The folder whose entries complete a path: all of it up to its last slash. */
export function parentOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/') + 1).replace(/(.)\/$/, '$1');
}
