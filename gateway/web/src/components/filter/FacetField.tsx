import { Autocomplete, type AutocompleteProps } from '@mantine/core';
import { useState } from 'react';

import { FacetOption } from '../facets/FacetOption';
import { useFacets } from '../facets/useFacets';
import { useDraft } from '../useDraft';

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

/** A value that is typed, or chosen among those that the collection has, with their counts. */
export function FacetField({ collection, field, settled, fault, onSettled, ...props }: FacetFieldProps) {
  const [text, setText] = useDraft(settled);
  const [focused, setFocused] = useState(false);
  const counts = useFacets(collection, field, text, focused);
  const settle = (next: string) => {
    if (next.trim() !== settled) onSettled(next.trim());
  };
  return (
    <Autocomplete
      {...props}
      data={[...counts.keys()]}
      // What is suggested begins with the text already.
      filter={({ options }) => options}
      renderOption={({ option }) => <FacetOption value={option.value} count={counts.get(option.value)} />}
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
