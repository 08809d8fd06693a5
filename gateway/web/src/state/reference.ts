import { COLLECTION_NAME, IMAGE_ID } from '@/api/rules';

/** A picture that a person named: a stored image by its id, its address, its uri or path; or any by its address. */
export type Reference = NamedPicture | { uri: string };

/** One that can be searched with as it is named. */
export type NamedPicture = { image: string; collection?: string } | { url: string };

const ID = IMAGE_ID.pattern;
const IN_API = new RegExp(
  `/collections/(${inside(COLLECTION_NAME.pattern)})/images/(${inside(ID)})(?:[/?#]|$)`,
);
const IN_ARTICLE = new RegExp(`/data/(${inside(ID)})\\.\\w+`);

/**
 * Reads which picture a text names. Of stored images that is its id, its uri (`file:///…`, `upload://…`, an absolute
 * path), an address of the API (`…/images/<id>/content`), of v1 (`/data/<id>.jpg`), or of this page. Any other http or https address is that of a picture elsewhere.
 */
export function readReference(text: string): Reference | null {
  const given = text.trim();
  if (ID.test(given)) return { image: given };
  const api = IN_API.exec(given);
  if (api?.[1] && api[2]) return { collection: api[1], image: api[2] };
  const article = IN_ARTICLE.exec(given);
  if (article?.[1]) return { image: article[1] };
  if (/^https?:\/\//i.test(given)) return readAddress(given);
  return /^(\/|[a-z][a-z0-9+.-]*:\/\/)/.test(given) ? { uri: given } : null;
}

/** What a pattern for a whole text says of a part of one. */
function inside({ source }: RegExp): string {
  return source.replace(/^\^|\$$/g, '');
}

function readAddress(address: string): Reference | null {
  if (/\s/.test(address) || !URL.canParse(address)) return null;
  const params = new URL(address).searchParams;
  const image = params.get('image') ?? params.get('open');
  const collection = params.get('collection');
  if (!image || !ID.test(image)) return { url: address };
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
