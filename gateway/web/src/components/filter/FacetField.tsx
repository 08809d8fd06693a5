import { Autocomplete, type AutocompleteProps } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';

import { facetsQuery } from '@/api/facets';
import { formatCount } from '@/text/quantities';

import { useDraft } from '../useDraft';
import classes from './FacetField.module.css';

interface FacetFieldProps extends Pick<
  AutocompleteProps,
  'label' | 'aria-label' | 'placeholder' | 'leftSection' | 'rightSection'
> {
  collection: string;
  /** The field of the API whose values are suggested. */
  field: string;
  settled: string;
  fault: string | undefined;
  /** Called on Enter, on choosing from the list, and on leaving the field; without spaces around. */
  onSettled: (text: string) => void;
}

const TYPING_MS = 150;

/** A value that is typed, or chosen among those that the collection has, with their counts. */
export function FacetField({ collection, field, settled, fault, onSettled, ...props }: FacetFieldProps) {
  const [text, setText] = useDraft(settled);
  const [typed] = useDebouncedValue(text, TYPING_MS);
  const [focused, setFocused] = useState(false);
  const { data } = useQuery({
    ...facetsQuery(collection, field, typed.trim()),
    enabled: focused && collection !== '',
  });
  const counts = new Map(data?.items.map(({ value, count }) => [String(value), count]));
  const settle = (next: string) => {
    if (next.trim() !== settled) onSettled(next.trim());
  };
  return (
    <Autocomplete
      {...props}
      data={[...counts.keys()]}
      // What is suggested begins with the text already.
      filter={({ options }) => options}
      renderOption={({ option }) => (
        <span className={classes.option}>
          <span>{option.value}</span>
          <span className={`${classes.count ?? ''} numbers`}>
            {formatCount(counts.get(option.value) ?? 0)}
          </span>
        </span>
      )}
      value={text}
      error={fault ?? false}
      autoComplete="off"
      spellCheck={false}
      onChange={setText}
      onOptionSubmit={settle}
      onFocus={() => {
        setFocused(true);
      }}
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
