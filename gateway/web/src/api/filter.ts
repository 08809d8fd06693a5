import { readDay } from '@/text/days';

import type { Comparison, Filter, ImageFilter, Rule } from './models';
import { ApiProblem } from './problem';
import { FORMATS } from './rules';

type Kind = 'tag' | 'name' | 'folder' | 'format' | 'pixels' | 'megabytes' | 'day' | 'taken' | 'metadata';

export const METADATA = 'metadata.';
const BYTES = 1_000_000;

const KINDS: Readonly<Record<string, Kind>> = {
  tags: 'tag',
  folder: 'folder',
  format: 'format',
  width: 'pixels',
  height: 'pixels',
  bytes: 'megabytes',
  added_at: 'day',
  modified_at: 'day',
  taken_at: 'taken',
  camera: 'name',
  lens: 'name',
};

/** What a field holds, or null where a filter of this page knows no such field. */
export function kindOf(field: string): Kind | null {
  if (field.startsWith(METADATA)) return 'metadata';
  return Object.hasOwn(KINDS, field) ? (KINDS[field] ?? null) : null;
}

const EQUALS: readonly Comparison[] = ['is', 'not'];
const RANGES: readonly Comparison[] = ['least', 'most'];

/** What can be asked of a field of a kind. */
export function comparisonsOf(kind: Kind): readonly Comparison[] {
  if (kind === 'metadata') return [...EQUALS, ...RANGES];
  return ['tag', 'name', 'folder', 'format'].includes(kind) ? EQUALS : RANGES;
}

type Condition = NonNullable<Filter['must']>[number];

/** The API's condition for a rule, without its negation; a string says what is wrong with its value. */
function conditionOf({ field, is, value }: Rule): Condition | string {
  const given = value.trim();
  const end = is === 'least' ? 'gte' : 'lte';
  switch (kindOf(field)) {
    case 'tag':
    case 'name':
      return { field, any: [given] };
    case 'folder':
      return /^(\/|[a-z][a-z0-9+.-]*:\/\/)/.test(given)
        ? { folder: given }
        : 'Write the whole path, from / on.';
    case 'format':
      return FORMATS.some((one) => one === given) ? { field, any: [given] } : 'There is no such format.';
    case 'pixels':
      return /^\d{1,9}$/.test(given)
        ? { field, range: { [end]: Number(given) } }
        : 'Write a whole number of pixels.';
    case 'megabytes':
      return /^\d{1,9}([.,]\d+)?$/.test(given)
        ? { field, range: { [end]: Math.round(Number(given.replace(',', '.')) * BYTES) } }
        : 'Write a number of megabytes.';
    case 'day':
    case 'taken':
      return dayCondition(field, is, given);
    case 'metadata':
      return metadataCondition(field, is, given);
    case null:
      return 'There is no such field.';
  }
}

/** A day's beginning, and that of the next: in the reader's own zone, but a camera's clock has none. */
export function dayIn(field: string, day: string): { begin: string; end: string } {
  const begin = new Date(`${day}T00:00${field === 'taken_at' ? 'Z' : ''}`);
  const end = new Date(begin);
  if (field === 'taken_at') end.setUTCDate(end.getUTCDate() + 1);
  else end.setDate(end.getDate() + 1);
  return { begin: begin.toISOString(), end: end.toISOString() };
}

function dayCondition(field: string, is: Comparison, given: string): Condition | string {
  const day = readDay(given);
  if (!day) return 'Choose a day.';
  const { begin, end } = dayIn(field, day);
  return { field, range: is === 'least' ? { gte: begin } : { lt: end } };
}

/** A name as the API's filters take them; a dot leads one name further down. */
const METADATA_NAME = /^[^\p{Cc}"'\\[\]~/.]+$/u;
const MOST_NAMES = 8;

/** What is wrong with the name that a rule on metadata has, as the API would say it. */
export function nameFaultOf(field: string): string | null {
  if (!field.startsWith(METADATA)) return null;
  const names = field.slice(METADATA.length).split('.');
  if (field === METADATA) return 'Write the name in the metadata.';
  if (names.length > MOST_NAMES) return `Go down ${MOST_NAMES} names at most.`;
  const isName = (name: string) => METADATA_NAME.test(name) && !/^\d+$/.test(name);
  return names.every(isName) ? null : 'No filter can go by a number, or by a name with " \' \\ [ ] ~ or /.';
}

function metadataCondition(field: string, is: Comparison, given: string): Condition | string {
  const fault = nameFaultOf(field);
  if (fault !== null) return fault;
  const parsed = given !== '' && Number.isFinite(Number(given)) ? Number(given) : given;
  if (is === 'least' || is === 'most') {
    return { field, range: { [is === 'least' ? 'gte' : 'lte']: parsed } };
  }
  // Who types 5 or true does not say whether it is stored as a text.
  const truth = given === 'true' || given === 'false' ? [given === 'true'] : [];
  return { field, any: [given, ...(typeof parsed === 'number' ? [parsed] : []), ...truth] };
}

/** What is wrong with a rule's value, as far as the page can tell; such a rule is left out. */
export function faultOf(rule: Rule): string | null {
  const condition = conditionOf(rule);
  return typeof condition === 'string' ? condition : null;
}

/** Where the parts of a filter stand among the conditions: a rule's number, or the field. */
type Place = number | 'tag' | 'folder';

interface Compiled {
  filter: Required<Pick<Filter, 'must' | 'must_not'>> & { should: never[] };
  places: ReadonlyMap<string, Place>;
}

/** A filter as the API takes it, and which of its conditions came from what. */
export function compile({ tag, folder, where }: ImageFilter): Compiled {
  const must: Condition[] = [];
  const mustNot: Condition[] = [];
  const places = new Map<string, Place>();
  const add = (condition: Condition, place: Place, negated = false) => {
    const list = negated ? mustNot : must;
    places.set(`${negated ? 'must_not' : 'must'}.${list.length}`, place);
    list.push(condition);
  };
  if (tag) add({ field: 'tags', any: [tag] }, 'tag');
  if (folder) add({ folder }, 'folder');
  where.forEach((rule, index) => {
    const condition = conditionOf(rule);
    if (typeof condition !== 'string') add(condition, index, rule.is === 'not');
  });
  return { filter: { must, should: [], must_not: mustNot }, places };
}

/** The filter as JSON for a query string or a form; undefined where it means all images. */
export function filterText(filter: ImageFilter, ...more: Condition[]): string | undefined {
  const { must, must_not } = compile(filter).filter;
  const all = [...must, ...more];
  if (all.length + must_not.length === 0) return undefined;
  return JSON.stringify({
    ...(all.length > 0 ? { must: all } : {}),
    ...(must_not.length > 0 ? { must_not } : {}),
  });
}

export type FilterFaults = ReadonlyMap<Place, string>;

/** What the API finds wrong with parts of a filter, to be said beside their fields. */
export function faultsIn(problem: unknown, filter: ImageFilter): FilterFaults {
  const faults = new Map<Place, string>();
  if (!(problem instanceof ApiProblem)) return faults;
  const { places } = compile(filter);
  for (const { field, message } of problem.errors) {
    const at = /\bfilter\.(must(?:_not)?\.\d+)\b/.exec(field)?.[1];
    const place = at === undefined ? undefined : places.get(at);
    if (place !== undefined) faults.set(place, message.replace(/^Value error, /, ''));
  }
  return faults;
}
