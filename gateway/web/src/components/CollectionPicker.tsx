import { Select } from '@mantine/core';
import { useMediaQuery } from '@mantine/hooks';
import { IconChevronDown } from '@tabler/icons-react';

import { useCollection } from '@/state/collection';
import { formatCount } from '@/text/quantities';

import classes from './CollectionPicker.module.css';

/** The collection that all views are about. */
export function CollectionPicker() {
  const { name, collection, collections, choose } = useCollection();
  const wide = useMediaQuery('(width >= 48em)', true, { getInitialValueInEffect: false });
  const count = wide && collection ? formatCount(collection.count) : '';
  const counts = new Map(collections?.map((one) => [one.name, one.count]));
  const names = [...counts.keys()].sort((a, b) => a.localeCompare(b));
  const data = name && !counts.has(name) ? [name, ...names] : names;
  return (
    <Select
      aria-label="Collection"
      className={classes.picker}
      classNames={{ input: classes.input }}
      data={data}
      value={name || null}
      placeholder="Collection"
      disabled={data.length === 0}
      allowDeselect={false}
      searchable={data.length > 8}
      comboboxProps={{ width: 'max-content', position: 'bottom-end' }}
      rightSection={
        <span className={classes.right} aria-hidden>
          <span className={`${classes.count} numbers`}>{count}</span>
          <IconChevronDown size={16} />
        </span>
      }
      rightSectionWidth={`${2.4 + 0.55 * count.length}rem`}
      onChange={(next) => {
        if (next) choose(next);
      }}
      renderOption={({ option }) => (
        <span className={classes.option}>
          <span>{option.value}</span>
          <span className={`${classes.count} numbers`}>{formatCount(counts.get(option.value) ?? 0)}</span>
        </span>
      )}
    />
  );
}
