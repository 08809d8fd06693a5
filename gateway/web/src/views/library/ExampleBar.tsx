import { Button, Text } from '@mantine/core';
import { IconPhotoSearch } from '@tabler/icons-react';
import { Link } from 'wouter';

import type { Examples } from '@/api/models';
import { PATHS, pathWith } from '@/app/paths';
import { ExampleChips } from '@/components/ExampleChips';
import { type LibraryAddress, writeExamples } from '@/state/address';
import { anyExample, marked } from '@/state/examples';
import type { Change } from '@/state/useAddress';

import classes from './ExampleBar.module.css';

interface ExampleBarProps {
  collection: string;
  examples: Examples;
  change: Change<LibraryAddress>;
}

/** The pictures that were marked with plus and minus, and the way to search by them. */
export function ExampleBar({ collection, examples, change }: ExampleBarProps) {
  if (!anyExample(examples)) return null;
  return (
    <section className={classes.bar} aria-label="Examples to search by">
      <Text fw={620} className={classes.title ?? ''}>
        Search by
      </Text>
      <ExampleChips
        collection={collection}
        examples={examples}
        onRemove={(id, side) => {
          change(marked(examples, id, side), { replace: true });
        }}
      />
      <Button
        component={Link}
        href={pathWith(PATHS.search, { collection, ...writeExamples(examples) })}
        leftSection={<IconPhotoSearch size={18} aria-hidden />}
      >
        Search
      </Button>
    </section>
  );
}
