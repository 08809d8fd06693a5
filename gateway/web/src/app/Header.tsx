import { ActionIcon, Tooltip } from '@mantine/core';
import { IconCopy, IconFolderPlus, IconPhoto, IconPhotoSearch, IconServer } from '@tabler/icons-react';
import { Link, useRoute } from 'wouter';

import { isActive } from '@/api/jobs';
import { CollectionPicker } from '@/components/CollectionPicker';
import { useCollection } from '@/state/collection';
import { useLiveJobs } from '@/state/liveJobs';

import { ColorSchemeSwitch } from './ColorSchemeSwitch';
import classes from './Header.module.css';
import { Logo } from './Logo';
import { PATHS, pathWith } from './paths';

export function Header() {
  const { jobs } = useLiveJobs();
  const { name } = useCollection();
  const active = jobs.filter(isActive).length;
  return (
    <header className={classes.header}>
      <Link
        href={pathWith(PATHS.search, { collection: name })}
        className={classes.brand}
        aria-label="Lookalike, start"
      >
        <Logo />
        <span className={classes.wordmark}>Lookalike</span>
      </Link>
      <nav className={classes.nav} aria-label="Views">
        <Tab path={PATHS.search} collection={name} icon={IconPhotoSearch} label="Search" />
        <Tab path={PATHS.library} collection={name} icon={IconPhoto} label="Library" />
        <Tab path={PATHS.duplicates} collection={name} icon={IconCopy} label="Duplicates" />
        <Tab path={PATHS.jobs} collection={name} icon={IconFolderPlus} label="Loading" count={active} />
      </nav>
      <div className={classes.end}>
        <CollectionPicker />
        <SystemLink collection={name} />
        <ColorSchemeSwitch />
      </div>
    </header>
  );
}

function SystemLink({ collection }: { collection: string }) {
  const [here] = useRoute(PATHS.system);
  return (
    <Tooltip label="System">
      <ActionIcon
        component={Link}
        href={pathWith(PATHS.system, { collection })}
        variant="subtle"
        size="lg"
        aria-label="System"
        {...(here ? { 'aria-current': 'page' } : {})}
      >
        <IconServer size={20} stroke={1.7} />
      </ActionIcon>
    </Tooltip>
  );
}

interface TabProps {
  path: string;
  collection: string;
  icon: typeof IconPhoto;
  label: string;
  count?: number;
}

function Tab({ path, collection, icon: Icon, label, count = 0 }: TabProps) {
  const [here] = useRoute(path);
  return (
    <Link
      href={pathWith(path, { collection })}
      className={classes.tab}
      {...(here ? { 'aria-current': 'page' } : {})}
    >
      <Icon size={20} stroke={1.7} aria-hidden className={classes.icon} />
      <span className={classes.label}>{label}</span>
      {count > 0 && (
        <span className={`${classes.count} numbers`}>
          {count}
          <span className="visually-hidden"> under way</span>
        </span>
      )}
    </Link>
  );
}
