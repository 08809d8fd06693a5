import { Slider, Text } from '@mantine/core';
import { useDebouncedCallback } from '@mantine/hooks';
import { useState } from 'react';

import type { FilterFaults } from '@/api/filter';
import { Collapsible } from '@/components/Collapsible';
import { FilterFields } from '@/components/filter/FilterFields';
import type { SearchAddress } from '@/state/address';
import type { Change } from '@/state/useAddress';

import classes from './SearchControls.module.css';
import type { Hits } from './useHits';

interface SearchControlsProps {
  collection: string;
  scale: Hits['scale'];
  faults: FilterFaults;
  address: SearchAddress;
  change: Change<SearchAddress>;
}

/** What narrows a search: the smallest match, or score where the collection has none, and a filter. */
export function SearchControls({ collection, scale, faults, address, change }: SearchControlsProps) {
  const { least, tag, folder, where } = address;
  const set = [least > 0, tag, folder, ...where].filter(Boolean).length;
  return (
    <Collapsible title="Narrow the search" set={set}>
      <div className={classes.controls}>
        <DebouncedSlider
          name={`Smallest ${scale}`}
          value={least}
          min={0}
          max={1}
          step={0.01}
          format={(value) => (value === 0 ? 'any' : value.toFixed(2))}
          onSettled={(next) => {
            change({ least: next }, { replace: true });
          }}
        />
        <FilterFields
          collection={collection}
          filter={{ tag, folder, where }}
          faults={faults}
          onChange={(filter) => {
            change(filter, { replace: true });
          }}
        />
      </div>
    </Collapsible>
  );
}

interface DebouncedSliderProps {
  name: string;
  value: number;
  min: number;
  max: number;
  step: number;
  format: (value: number) => string;
  onSettled: (value: number) => void;
}

const SETTLE_MS = 250;

/** A slider that moves at once and tells its value when the hand rests. */
function DebouncedSlider({ name, value, format, onSettled, ...range }: DebouncedSliderProps) {
  const [moving, setMoving] = useState<number | null>(null);
  const settle = useDebouncedCallback((next: number) => {
    onSettled(next);
    setMoving(null);
  }, SETTLE_MS);
  const shown = moving ?? value;
  return (
    <div>
      <div className={classes.caption}>
        <Text size="sm" fw={560}>
          {name}
        </Text>
        <Text size="sm" className="numbers">
          {format(shown)}
        </Text>
      </div>
      <Slider
        {...range}
        value={shown}
        label={null}
        thumbLabel={name}
        size={4}
        thumbSize={18}
        onChange={(next) => {
          setMoving(next);
          settle(next);
        }}
      />
    </div>
  );
}
