import { FORMATS } from '@/api/rules';

const LIST = new Intl.ListFormat('en-GB', { type: 'conjunction' });

/** “JPEG, PNG, … and HEIC”: what Lookalike reads. */
export function listOfFormats(): string {
  return LIST.format(FORMATS.map((format) => (format === 'webp' ? 'WebP' : format.toUpperCase())));
}
