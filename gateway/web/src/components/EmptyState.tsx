import type { ReactNode } from 'react';

import classes from './EmptyState.module.css';

interface EmptyStateProps {
  title: string;
  children: ReactNode;
  action?: ReactNode;
}

/** A place where something will be, and how to get it there. */
export function EmptyState({ title, children, action }: EmptyStateProps) {
  return (
    <div className={classes.empty}>
      <svg className={classes.frames} width="120" height="64" viewBox="0 0 120 64" aria-hidden="true">
        <rect x="2" y="10" width="44" height="52" rx="3" />
        <rect x="52" y="2" width="30" height="60" rx="3" />
        <rect x="88" y="22" width="30" height="40" rx="3" />
      </svg>
      <p className={classes.title}>{title}</p>
      <p className={classes.text}>{children}</p>
      {action}
    </div>
  );
}
