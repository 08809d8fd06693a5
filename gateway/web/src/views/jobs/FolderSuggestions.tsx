import { Button } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';

import { foldersQuery } from '@/api/system';

import classes from './SourceCard.module.css';

const SHOWN = 8;

interface FolderSuggestionsProps {
  roots: readonly string[];
  onChoose: (path: string) => void;
}

/** The image roots and, where there is one only, what is in it: a load is one click away. */
export function FolderSuggestions({ roots, onChoose }: FolderSuggestionsProps) {
  const only = roots.length === 1 ? roots[0] : undefined;
  const { data } = useQuery({ ...foldersQuery(only ?? ''), enabled: only !== undefined });
  const paths = [...roots, ...(data?.items.map(({ path }) => path) ?? [])].slice(0, SHOWN);
  if (paths.length === 0) return null;
  return (
    <ul className={classes.suggestions} aria-label="Suggested folders">
      {paths.map((path) => (
        <li key={path}>
          <Button
            variant="default"
            size="compact-sm"
            radius="xl"
            fw={500}
            classNames={{ root: classes.suggestion, label: classes.path }}
            onClick={() => {
              onChoose(path);
            }}
          >
            {only !== undefined && path !== only ? path.slice(only.length + 1) : path}
          </Button>
        </li>
      ))}
    </ul>
  );
}
