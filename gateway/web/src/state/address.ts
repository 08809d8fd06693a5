import { cropText } from '@/api/search';
import type { Order } from '@/api/images';
import type { Crop, Examples, ImageFilter, LibraryFilter, Strategy } from '@/api/models';
import { IMAGE_ID, ORDERS } from '@/api/rules';
import { readDay } from '@/text/days';

import { readRules, writeRule } from './rules';

/** What the Search view's address holds; a reload, Back and a shared link all read it again. */
export interface SearchAddress extends ImageFilter, Examples {
  /** A stored image to search with, by its id. */
  image?: string | undefined;
  /** A picture kept in this browser, by its key. */
  picture?: string | undefined;
  /** The address of a picture on the web. */
  url?: string | undefined;
  crop?: Crop | undefined;
  strategy: Strategy;
  /** Smallest match shown, or score in a collection without; 0 to 1, 0 shows all. */
  least: number;
  /** The hit that the lightbox shows. */
  open?: string | undefined;
}

export interface LibraryAddress extends LibraryFilter, Examples {
  order: Order;
  open?: string | undefined;
}

/** The parameters of an address; a list stands in it once for each item. */
export type Written = Record<string, string | readonly string[] | undefined>;

const DEFAULT_ORDER: Order = '-added_at';
const DEFAULT_STRATEGY: Strategy = 'average';
/** As the API takes them. */
const MOST_EXAMPLES = 100;

export function readSearch(params: URLSearchParams): SearchAddress {
  return {
    image: text(params, 'image'),
    picture: text(params, 'picture'),
    url: text(params, 'url'),
    crop: readCrop(params.get('crop')),
    ...readExamples(params),
    strategy: params.get('strategy') === 'best_score' ? 'best_score' : DEFAULT_STRATEGY,
    least: number(params, 'least', 0, 1, 0),
    ...readFilter(params),
    open: text(params, 'open'),
  };
}

export function writeSearch(address: SearchAddress): Written {
  return {
    image: address.image,
    picture: address.picture,
    url: address.url,
    crop: address.crop && cropText(address.crop),
    ...writeExamples(address),
    strategy: address.strategy === DEFAULT_STRATEGY ? undefined : address.strategy,
    least: address.least === 0 ? undefined : String(address.least),
    ...writeFilter(address),
    open: address.open,
  };
}

export function readLibrary(params: URLSearchParams): LibraryAddress {
  const order = params.get('order');
  return {
    ...readFilter(params),
    ...readExamples(params),
    day: readDay(params.get('day')),
    order: ORDERS.find((one) => one === order) ?? DEFAULT_ORDER,
    open: text(params, 'open'),
  };
}

export function writeLibrary(address: LibraryAddress): Written {
  return {
    ...writeFilter(address),
    ...writeExamples(address),
    day: address.day,
    order: address.order === DEFAULT_ORDER ? undefined : address.order,
    open: address.open,
  };
}

function readFilter(params: URLSearchParams): ImageFilter {
  return {
    tag: text(params, 'tag'),
    folder: text(params, 'folder'),
    where: readRules(params.getAll('where')),
  };
}

function writeFilter({ tag, folder, where }: ImageFilter): Written {
  return { tag, folder, where: where.map(writeRule) };
}

function readExamples(params: URLSearchParams): Examples {
  const like = ids(params, 'like').slice(0, MOST_EXAMPLES);
  const unlike = ids(params, 'unlike').filter((id) => !like.includes(id));
  return { like, unlike: unlike.slice(0, MOST_EXAMPLES - like.length) };
}

/** The examples as an address holds them. */
export function writeExamples({ like, unlike }: Examples) {
  return { like: like.join(',') || undefined, unlike: unlike.join(',') || undefined };
}

function ids(params: URLSearchParams, name: string): string[] {
  const given = (params.get(name) ?? '').split(',').map((id) => id.trim());
  return [...new Set(given.filter((id) => IMAGE_ID.pattern.test(id)))];
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
  return inside ? { x, y, width: Math.min(width, 1 - x), height: Math.min(height, 1 - y) } : undefined;
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
