import { Slider, Text } from '@mantine/core';
import { useDebouncedCallback } from '@mantine/hooks';
import { useState } from 'react';

import { TOP_K } from '@/api/rules';
import { Collapsible } from '@/components/Collapsible';
import { FilterFields } from '@/components/FilterFields';
import { DEFAULT_TOP, MAX_TOP, type SearchAddress } from '@/state/address';
import type { Change } from '@/state/useAddress';

import classes from './SearchControls.module.css';

interface SearchControlsProps {
  address: SearchAddress;
  change: Change<SearchAddress>;
}

export function SearchControls({ address, change }: SearchControlsProps) {
  const set = [address.top !== DEFAULT_TOP, address.least > 0, address.tag, address.folder].filter(
    Boolean,
  ).length;
  return (
    <Collapsible title="Narrow the search" set={set}>
      <div className={classes.controls}>
        <DebouncedSlider
          name="Results"
          value={address.top}
          min={TOP_K.minimum}
          max={MAX_TOP}
          step={1}
          format={String}
          onSettled={(top) => {
            change({ top }, { replace: true });
          }}
        />
        <DebouncedSlider
          name="Smallest score"
          value={address.least}
          min={0}
          max={1}
          step={0.01}
          format={(value) => (value === 0 ? 'any' : value.toFixed(2))}
          onSettled={(least) => {
            change({ least }, { replace: true });
          }}
        />
        <FilterFields
          tag={address.tag}
          folder={address.folder}
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
