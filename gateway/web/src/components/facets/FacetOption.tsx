import { formatCount } from '@/text/quantities';

import classes from './FacetOption.module.css';

/** A value that is suggested, with how many images have it. */
export function FacetOption({ value, count }: { value: string; count: number | undefined }) {
  return (
    <span className={classes.option}>
      <span>{value}</span>
      <span className={`${classes.count ?? ''} numbers`}>{formatCount(count ?? 0)}</span>
    </span>
  );
}
