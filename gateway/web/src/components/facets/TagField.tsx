import { TagsInput, type TagsInputProps } from '@mantine/core';
import { useState } from 'react';

import { FacetOption } from './FacetOption';
import { useFacets } from './useFacets';

interface TagFieldProps extends Pick<TagsInputProps, 'label' | 'placeholder' | 'error'> {
  /** Whose tags are suggested. */
  collection: string;
  value: string[];
  onChange: (tags: string[]) => void;
  /** Whether a dialog that opens puts the cursor here. */
  'data-autofocus'?: boolean;
}

/** Tags that are typed, or chosen among those that the collection has, with their counts. */
export function TagField({ collection, ...props }: TagFieldProps) {
  const [text, setText] = useState('');
  const [focused, setFocused] = useState(false);
  const counts = useFacets(collection, 'tags', text, focused);
  return (
    <TagsInput
      {...props}
      data={[...counts.keys()]}
      // What is suggested begins with the text already.
      filter={({ options }) => options}
      renderOption={({ option }) => <FacetOption value={option.value} count={counts.get(option.value)} />}
      searchValue={text}
      autoComplete="off"
      spellCheck={false}
      onSearchChange={setText}
      onFocus={() => {
        setFocused(true);
      }}
      onBlur={() => {
        setFocused(false);
      }}
    />
  );
}
