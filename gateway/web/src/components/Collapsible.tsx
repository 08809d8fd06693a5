import { useMediaQuery } from '@mantine/hooks';
import type { ReactNode } from 'react';

import classes from './Collapsible.module.css';

interface CollapsibleProps {
  title: string;
  /** How many of the fields inside are set, so that a closed one does not hide that. */
  set: number;
  children: ReactNode;
}

/** Fields that stand open on a wide screen, and behind their title on a narrow one. */
export function Collapsible({ title, set, children }: CollapsibleProps) {
  const wide = useMediaQuery('(width >= 62em)', true, { getInitialValueInEffect: false });
  if (wide) return children;
  return (
    <details className={classes.collapsible}>
      <summary>
        {title}
        {set > 0 && <span className={`${classes.set} numbers`}>{set} set</span>}
      </summary>
      <div className={classes.inside}>{children}</div>
    </details>
  );
}
