import { cropText } from '@/api/search';
import type { Order } from '@/api/images';
import type { Crop, Measures } from '@/api/models';
import { ORDERS, TOP_K } from '@/api/rules';

/** What the Search view's address holds; a reload, Back and a shared link all read it again. */
export interface SearchAddress {
  /** A stored image to search with, by its id. */
  image?: string | undefined;
  /** A picture kept in this browser, by its key. */
  picture?: string | undefined;
  crop?: Crop | undefined;
  top: number;
  /** Smallest score shown, 0 to 1; 0 shows all. */
  least: number;
  tag?: string | undefined;
  folder?: string | undefined;
  measure: Measure;
  /** The hit that the lightbox shows. */
  open?: string | undefined;
}

export interface LibraryAddress {
  tag?: string | undefined;
  folder?: string | undefined;
  /** The day at which the list begins, `YYYY-MM-DD`. */
  day?: string | undefined;
  order: Order;
  open?: string | undefined;
}

export type Measure = keyof Measures;

const DEFAULT_ORDER: Order = '-added_at';
export const DEFAULT_TOP = 24;
/** What one view shows at most, though the API may give more. */
export const MAX_TOP = Math.min(100, TOP_K.maximum);

export function readSearch(params: URLSearchParams): SearchAddress {
  return {
    image: text(params, 'image'),
    picture: text(params, 'picture'),
    crop: readCrop(params.get('crop')),
    top: Math.round(number(params, 'top', TOP_K.minimum, MAX_TOP, DEFAULT_TOP)),
    least: number(params, 'least', 0, 1, 0),
    tag: text(params, 'tag'),
    folder: text(params, 'folder'),
    measure: params.get('measure') === 'distance' ? 'distance' : 'score',
    open: text(params, 'open'),
  };
}

export function writeSearch(address: SearchAddress): Record<string, string | undefined> {
  return {
    image: address.image,
    picture: address.picture,
    crop: address.crop && cropText(address.crop),
    top: address.top === DEFAULT_TOP ? undefined : String(address.top),
    least: address.least === 0 ? undefined : String(address.least),
    tag: address.tag,
    folder: address.folder,
    measure: address.measure === 'score' ? undefined : address.measure,
    open: address.open,
  };
}

export function readLibrary(params: URLSearchParams): LibraryAddress {
  const order = params.get('order');
  return {
    tag: text(params, 'tag'),
    folder: text(params, 'folder'),
    day: readDay(params.get('day')),
    order: ORDERS.find((one) => one === order) ?? DEFAULT_ORDER,
    open: text(params, 'open'),
  };
}

export function writeLibrary(address: LibraryAddress): Record<string, string | undefined> {
  return {
    tag: address.tag,
    folder: address.folder,
    day: address.day,
    order: address.order === DEFAULT_ORDER ? undefined : address.order,
    open: address.open,
  };
}

/** A day that there is, written `YYYY-MM-DD`. */
export function readDay(value: string | null): string | undefined {
  const date = new Date(`${value ?? ''}T00:00Z`);
  const exists = !Number.isNaN(date.valueOf()) && date.toISOString().slice(0, 10) === value;
  return exists ? value : undefined;
}

/** A crop from `x,y,width,height`, or undefined when it is none that lies in a picture. */
export function readCrop(value: string | null): Crop | undefined {
  const parts = (value ?? '').split(',').map((part) => (part.trim() === '' ? NaN : Number(part)));
  const [x, y, width, height, ...rest] = parts;
  if (x === undefined || y === undefined || width === undefined || height === undefined || rest.length > 0) {
    return undefined;
  }
  // Rounding to four digits may lead out of the picture by as much.
  const inside = x >= 0 && y >= 0 && width > 0 && height > 0 && x + width <= 1.0002 && y + height <= 1.0002;
  return inside ? { x, y, width, height } : undefined;
}

function text(params: URLSearchParams, name: string): string | undefined {
  const value = params.get(name)?.trim() ?? '';
  return value === '' ? undefined : value;
}

function number(
  params: URLSearchParams,
  name: string,
  least: number,
  most: number,
  otherwise: number,
): number {
  const raw = text(params, name);
  const value = Number(raw);
  return raw === undefined || Number.isNaN(value) ? otherwise : Math.min(most, Math.max(least, value));
}
