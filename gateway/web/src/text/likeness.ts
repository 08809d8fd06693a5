import type { Measures } from '@/api/models';

import { formatMeasure } from './quantities';

export type Likeness = 'identical' | 'copy' | 'very alike' | 'alike';

/**
 * The words for how alike a hit is, from the strongest down: the one place of these thresholds.
 *
 * A picture's own vector scores 1 up to the encoder's rounding, which differs between devices;
 * what three digits show as 1.000 is called identical. `match` is a probability: a copy is one
 * with the least match at which duplicates are grouped, and what is rather a copy than not is very
 * alike. Below the last threshold a stranger of the same kind is as likely, and no word fits.
 */
export const IDENTICAL_SCORE = 0.9995;
export const LEAST_MATCH: readonly (readonly [Likeness, number])[] = [
  ['copy', 0.9],
  ['very alike', 0.5],
  ['alike', 0.1],
];

/** The word for a hit, or null where none fits: it is unlike, or its vectors have no match. */
export function likeness({ score, match }: Measures): Likeness | null {
  if (score >= IDENTICAL_SCORE) return 'identical';
  if (match == null) return null;
  return LEAST_MATCH.find(([, least]) => match >= least)?.[0] ?? null;
}

/** What stands on a hit: its word, else its score. */
export function likenessText(measures: Measures): string {
  return likeness(measures) ?? `score ${formatMeasure(measures.score)}`;
}

/** The numbers behind the word: “match 0.930, score 0.912, distance 0.420”. */
export function likenessNumbers({ match, score, distance }: Measures): string {
  const numbers = [`score ${formatMeasure(score)}`, `distance ${formatMeasure(distance)}`];
  if (match != null) numbers.unshift(`match ${formatMeasure(match)}`);
  return numbers.join(', ');
}
