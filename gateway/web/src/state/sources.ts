import { ApiProblem } from '@/api/problem';
import { explainShortly } from '@/api/remedies';
import type { SourceInput, SourceKind } from '@/api/models';
import { LISTED_ADDRESSES } from '@/api/rules';
import { formatCount } from '@/text/quantities';

/** What a person has given of each kind of source so far. */
export interface Drafts {
  directory: { path: string; recursive: boolean; pattern: string; exclude: string[] };
  archive: { path: string };
  bucket: { url: string; pattern: string; exclude: string[] };
  urls: { from: 'text' | 'file'; text: string; path: string; column: string };
}

export type Draft<Kind extends SourceKind> = Drafts[Kind];

export const NO_DRAFTS: Drafts = {
  directory: { path: '', recursive: true, pattern: '', exclude: [] },
  archive: { path: '' },
  bucket: { url: '', pattern: '', exclude: [] },
  urls: { from: 'text', text: '', path: '', column: '' },
};

type Reader = { [Kind in SourceKind]: (draft: Drafts[Kind]) => SourceInput | null };

const READERS: Reader = {
  directory: ({ path, recursive, pattern, exclude }) =>
    path.trim() === ''
      ? null
      : { kind: 'directory', path: path.trim(), recursive, pattern: pattern.trim() || null, exclude },
  archive: ({ path }) => (path.trim() === '' ? null : { kind: 'archive', path: path.trim() }),
  bucket: ({ url, pattern, exclude }) =>
    /^(s3|gs|az):\/\/./.test(url.trim())
      ? { kind: 'bucket', url: url.trim(), pattern: pattern.trim() || null, exclude }
      : null,
  urls: ({ from, text, path, column }) => {
    if (from === 'text') {
      const { urls, fault } = readAddresses(text);
      return urls.length === 0 || fault ? null : { kind: 'urls', urls };
    }
    const named = hasColumns(path);
    if (path.trim() === '' || (named && column.trim() === '')) return null;
    return { kind: 'urls', path: path.trim(), column: named ? column.trim() : null };
  },
};

/** The source that a draft describes; null while something is missing or wrong. */
export function sourceOf<Kind extends SourceKind>(
  kind: Kind,
  drafts: Pick<Drafts, Kind>,
): SourceInput | null {
  return READERS[kind](drafts[kind]);
}

/** Whether a list of addresses has columns, as the gateway tells by its name. */
export function hasColumns(path: string): boolean {
  return /\.(csv|tsv|parquet|pq)$/i.test(path.trim());
}

/** The addresses of a text, each once, and what is wrong with it. Lines that begin with # are left out. */
export function readAddresses(text: string): { urls: string[]; fault: string | null } {
  const lines = text.split('\n').map((line) => (line.trim().startsWith('#') ? [] : line.split(/\s+/)));
  const wrong = lines.findIndex((words) => words.some((word) => word !== '' && !isAddress(word)));
  const urls = [...new Set(lines.flat().filter((word) => word !== ''))];
  if (wrong >= 0) {
    const fault = `Line ${formatCount(wrong + 1)} is no address that begins with http:// or https://.`;
    return { urls, fault };
  }
  const { maxItems } = LISTED_ADDRESSES;
  if (urls.length > maxItems) {
    const fault = `These are ${formatCount(urls.length)} addresses, and ${formatCount(maxItems)} are the most. Put them into a file on the server.`;
    return { urls, fault };
  }
  return { urls, fault: null };
}

function isAddress(word: string): boolean {
  return /^https?:\/\/[^/\s]/i.test(word);
}

/** What the gateway found wrong with a load: at the fields of its source, and the rest of it. */
export interface SourceFaults {
  fields: Readonly<Record<string, string>>;
  rest: string | null;
}

/** The codes of a path that a load cannot read. */
const OF_PATHS: readonly string[] = [
  'no_image_roots',
  'path_outside_roots',
  'path_not_found',
  'not_a_directory',
  'not_a_file',
  'unreadable',
];
const OF_BUCKETS: readonly string[] = ['no_bucket_roots', 'invalid_bucket', 'bucket_outside_roots'];
const IN_SOURCE = /^body\.source\.(\w+)(?:\.(\d+))?/;

export function faultsOf(problem: unknown): SourceFaults {
  if (!(problem instanceof ApiProblem)) return { fields: {}, rest: problem ? explainShortly(problem) : null };
  if (OF_PATHS.includes(problem.code)) return { fields: { path: explainShortly(problem) }, rest: null };
  if (OF_BUCKETS.includes(problem.code)) return { fields: { url: explainShortly(problem) }, rest: null };
  const fields: Record<string, string> = {};
  const rest: string[] = [];
  for (const { field, message } of problem.errors) {
    const [, name, index] = IN_SOURCE.exec(field) ?? [];
    if (name === undefined) rest.push(`${field.replace(/^body\./, '')}: ${message}`);
    else fields[name] ??= index === undefined ? message : `Number ${Number(index) + 1}: ${message}`;
  }
  if (problem.errors.length === 0) rest.push(explainShortly(problem));
  return { fields, rest: rest.length === 0 ? null : rest.join(' ') };
}

/** What the gateway found wrong with a schedule, and with the rest of what should be kept. */
export function faultOfSchedule(problem: unknown): { field: string | undefined; rest: string | null } {
  const errors = problem instanceof ApiProblem ? problem.errors : [];
  const field = errors.find((error) => error.field === 'body.cron')?.message;
  if (field !== undefined) return { field, rest: null };
  const { fields, rest } = faultsOf(problem);
  return { field: undefined, rest: rest ?? Object.values(fields)[0] ?? null };
}
