import { Button, Text, Title } from '@mantine/core';
import { Link } from 'wouter';

import { PATHS } from './paths';
import classes from './Shell.module.css';

export function NotFound() {
  return (
    <section className={classes.lost}>
      <Title order={1}>There is no such page</Title>
      <Text c="dimmed" my="md">
        The address may be mistyped.
      </Text>
      <Button component={Link} href={PATHS.search}>
        Go to Search
      </Button>
    </section>
  );
}
