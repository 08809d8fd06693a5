import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';

/** A stored image that a person named by an address, a uri or an id. */
export interface Reference {
  image: string;
  collection?: string;
}

const ID = /^[0-9a-f]{32}$/;
const IN_API = /\/collections\/([A-Za-z_]\w{0,62})\/images\/([0-9a-f]{32})(?:[/?#]|$)/;
const IN_ARTICLE = /\/data\/([0-9a-f]{32})\.\w+/;

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
  if (/^(file|upload|s3|gs|az):\/\//.test(given)) return { image: imageId(given) };
  if (given.startsWith('/')) return { image: imageId(fileUri(given)) };
  return null;
}

function readPageAddress(address: string): Reference | null {
  if (!URL.canParse(address)) return null;
  const params = new URL(address).searchParams;
  const image = params.get('image') ?? params.get('open');
  const collection = params.get('collection');
  if (!image || !ID.test(image)) return null;
  return { image, ...(collection ? { collection } : {}) };
}

/** The id of the image at a uri: the first 32 hex digits of the uri's sha256. */
export function imageId(uri: string): string {
  return bytesToHex(sha256(utf8ToBytes(uri))).slice(0, 32);
}

/** The uri of an absolute path, percent-encoded as the gateway does (all but letters, digits, `_.-~/`). */
export function fileUri(path: string): string {
  const encoded = encodeURIComponent(path).replace(/%2F/g, '/');
  return `file://${encoded.replace(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`)}`;
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
