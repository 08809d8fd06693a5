import { COLLECTION_NAME, IMAGE_ID } from '@/api/rules';

/** A stored image that a person named by its id, by an address, or by its uri or path. */
export type Reference = { image: string; collection?: string } | { uri: string };

const ID = IMAGE_ID.pattern;
const IN_API = new RegExp(
  `/collections/(${inside(COLLECTION_NAME.pattern)})/images/(${inside(ID)})(?:[/?#]|$)`,
);
const IN_ARTICLE = new RegExp(`/data/(${inside(ID)})\\.\\w+`);

/**
 * Reads which stored image a text names: its id, its uri (`file:///…`, `upload://…`, an absolute
 * path), an address of the API (`…/images/<id>/content`), of v1 (`/data/<id>.jpg`), or of this page.
 */
export function readReference(text: string): Reference | null {
  const given = text.trim();
  if (ID.test(given)) return { image: given };
  const api = IN_API.exec(given);
  if (api?.[1] && api[2]) return { collection: api[1], image: api[2] };
  const article = IN_ARTICLE.exec(given);
  if (article?.[1]) return { image: article[1] };
  if (/^https?:\/\//.test(given)) return readPageAddress(given);
  return /^(\/|[a-z][a-z0-9+.-]*:\/\/)/.test(given) ? { uri: given } : null;
}

/** What a pattern for a whole text says of a part of one. */
function inside({ source }: RegExp): string {
  return source.replace(/^\^|\$$/g, '');
}

function readPageAddress(address: string): Reference | null {
  if (!URL.canParse(address)) return null;
  const params = new URL(address).searchParams;
  const image = params.get('image') ?? params.get('open');
  const collection = params.get('collection');
  if (!image || !ID.test(image)) return null;
  return { image, ...(collection ? { collection } : {}) };
}

/** A uri as a person reads it: the path of a file, percent-encoding undone where it can be. */
export function readableUri(uri: string): string {
  if (!uri.startsWith('file://')) return uri;
  const path = uri.slice('file://'.length);
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

/** The last part of a uri. */
export function fileName(uri: string): string {
  const last = readableUri(uri).split('/').pop() ?? '';
  return last === '' ? uri : last;
}
