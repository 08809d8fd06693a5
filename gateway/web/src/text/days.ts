/** A day that there is, written `YYYY-MM-DD`. */
export function readDay(value: string | null): string | undefined {
  const date = new Date(`${value ?? ''}T00:00Z`);
  const exists = !Number.isNaN(date.valueOf()) && date.toISOString().slice(0, 10) === value;
  return exists ? value : undefined;
}
