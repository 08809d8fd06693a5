import { comparisonsOf, kindOf } from '@/api/filter';
import type { Rule } from '@/api/models';

/** Rules of one address; the API takes a hundred conditions. */
const MOST = 50;
const MARK = '~';

/** Reads `field~comparison~value`, or null where it is no rule of this page. */
export function readRule(text: string): Rule | null {
  const [field = '', is = '', ...rest] = text.split(MARK);
  const kind = kindOf(field);
  const comparison = kind && comparisonsOf(kind).find((one) => one === is);
  const value = rest.join(MARK).trim();
  return comparison && value !== '' ? { field, is: comparison, value } : null;
}

/** A rule as the address holds it; no field of the API has the sign between its parts. */
export function writeRule({ field, is, value }: Rule): string {
  return [field, is, value].join(MARK);
}

export function readRules(texts: readonly string[]): Rule[] {
  return texts
    .slice(0, MOST)
    .map(readRule)
    .filter((rule) => rule !== null);
}
