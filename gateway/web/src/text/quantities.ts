const COUNT = new Intl.NumberFormat('en');
const WHEN = new Intl.DateTimeFormat('en', { dateStyle: 'medium', timeStyle: 'short' });
const WHEN_UTC = new Intl.DateTimeFormat('en', {
  dateStyle: 'medium',
  timeStyle: 'short',
  timeZone: 'UTC',
});
const BYTE_UNITS = ['B', 'kB', 'MB', 'GB', 'TB'];

export function formatCount(count: number): string {
  return COUNT.format(count);
}

/** “1 image”, “1,204 images”. */
export function formatNumberOf(count: number, one: string, many = `${one}s`): string {
  return `${formatCount(count)} ${count === 1 ? one : many}`;
}

/** Decimal units with up to three digits: “71.2 MB”. */
export function formatBytes(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 999.5 && unit < BYTE_UNITS.length - 1) {
    value /= 1000;
    unit += 1;
  }
  const digits = unit === 0 || value >= 99.95 ? 0 : 1;
  return `${value.toFixed(digits)} ${BYTE_UNITS[unit] ?? ''}`;
}

/** The two largest units: “3 h 12 min”, “4 min 5 s”, “8 s”. */
export function formatDuration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const parts = [
    [Math.floor(whole / 86_400), 'd'],
    [Math.floor(whole / 3600) % 24, 'h'],
    [Math.floor(whole / 60) % 60, 'min'],
    [whole % 60, 's'],
  ] as const;
  const first = parts.findIndex(([value]) => value > 0);
  if (first === -1) return '0 s';
  return parts
    .slice(first, first + 2)
    .filter(([value]) => value > 0)
    .map(([value, unit]) => `${value} ${unit}`)
    .join(' ');
}

/** A time of the API (RFC 3339), in the reader's own zone. */
export function formatWhen(time: string): string {
  return WHEN.format(new Date(time));
}

/** A time of the API in UTC, in which times of cameras are that name no offset. */
export function formatUtc(time: string): string {
  return `${WHEN_UTC.format(new Date(time))} UTC`;
}

/** Degrees to some metres: “48.5001° S, 9.0100° E”. */
export function formatPlace({ lat, lon }: { lat: number; lon: number }): string {
  const north = `${Math.abs(lat).toFixed(4)}° ${lat < 0 ? 'S' : 'N'}`;
  return `${north}, ${Math.abs(lon).toFixed(4)}° ${lon < 0 ? 'W' : 'E'}`;
}

/** Three digits, so that neighbours can be told apart. */
export function formatMeasure(value: number): string {
  return value.toFixed(3);
}
