import { SegmentedControl, Text } from '@mantine/core';

import type { Strategy } from '@/api/models';
import { ExampleChips } from '@/components/ExampleChips';
import type { SearchAddress } from '@/state/address';
import { marked } from '@/state/examples';
import type { Change } from '@/state/useAddress';

import classes from './QueryPanel.module.css';

interface ExamplesPanelProps {
  collection: string;
  /** Whether they are all that is searched with. */
  alone: boolean;
  address: SearchAddress;
  change: Change<SearchAddress>;
}

const STRATEGIES: { value: Strategy; label: string }[] = [
  { value: 'average', label: 'Average' },
  { value: 'best_score', label: 'Best score' },
];

const HINTS: Readonly<Record<Strategy, string>> = {
  average: 'Like all of the pictures together, away from those with a minus.',
  best_score: 'Like any one of the pictures, nearer to it than to those with a minus.',
};

/** Pictures that hits should be like or unlike, and how they count together. */
export function ExamplesPanel({ collection, alone, address, change }: ExamplesPanelProps) {
  // Without anything to be like there is no average.
  const onlyUnlike = alone && address.like.length === 0;
  const strategy = onlyUnlike ? 'best_score' : address.strategy;
  return (
    <div className={classes.examples}>
      <Text size="sm" fw={560}>
        {alone ? 'Examples' : 'Together with'}
      </Text>
      <ExampleChips
        collection={collection}
        examples={address}
        onRemove={(id, side) => {
          change(marked(address, id, side));
        }}
      />
      <SegmentedControl<Strategy>
        size="xs"
        aria-label="How the examples count together"
        data={STRATEGIES}
        value={strategy}
        disabled={onlyUnlike}
        onChange={(next) => {
          change({ strategy: next }, { replace: true });
        }}
      />
      <p className={classes.hint}>{HINTS[strategy]}</p>
    </div>
  );
}
