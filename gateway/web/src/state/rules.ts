import { comparisonsOf, kindOf, METADATA } from '@/api/filter';
import type { Rule } from '@/api/models';

/** Rules that the page lets one write. */
export const MOST_RULES = 50;
/** Rules read of an address: one more than the API takes, so that it is the API that says so. */
const MOST_READ = 101;
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

/** Whether an address holds a rule so that it is read again as it is. */
export function isWritable(rule: Rule): boolean {
  return rule.field !== METADATA && readRule(writeRule(rule))?.field === rule.field;
}

export function readRules(texts: readonly string[]): Rule[] {
  return texts
    .slice(0, MOST_READ)
    .map(readRule)
    .filter((rule) => rule !== null);
}
