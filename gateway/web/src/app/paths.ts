export const PATHS = {
  search: '/',
  library: '/library',
  duplicates: '/duplicates',
  jobs: '/loading',
  system: '/system',
  keys: '/keys',
} as const;

/** An address of this page that keeps the collection. */
export function pathWith(path: string, params: Record<string, string | undefined>): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(params)) if (value) query.set(name, value);
  const text = query.toString();
  return text ? `${path}?${text}` : path;
}
