import { createStore, del, get, keys, set } from 'idb-keyval';

/** A picture searched with, and an address under which this page can show it. */
export interface KeptPicture {
  file: File;
  url: string;
}

const KEEP = 40;
// Kept in this browser, so that a reload and Back find them again.
const database = createStore('lookalike', 'pictures');
// What this page was given, also where the browser allows no database (private windows).
const memory = new Map<string, KeptPicture>();

/** Keeps a picture and returns the key under which the address names it. */
export async function keepPicture(file: File): Promise<string> {
  const key = newKey();
  hold(key, file);
  try {
    await set(key, file, database);
    await dropOldest();
  } catch (error) {
    console.info('The browser keeps no pictures; a reload will ask for this one again.', error);
  }
  return key;
}

/** The picture of a key, or null when it was given to another browser or long ago. */
export async function keptPicture(key: string): Promise<KeptPicture | null> {
  const held = memory.get(key);
  if (held) return held;
  try {
    const file = await get<File>(key, database);
    return file ? hold(key, file) : null;
  } catch {
    return null;
  }
}

function hold(key: string, file: File): KeptPicture {
  const kept = { file, url: URL.createObjectURL(file) };
  memory.set(key, kept);
  return kept;
}

async function dropOldest(): Promise<void> {
  const known = await keys<string>(database);
  // A key begins with its time, so that their order is the pictures' age.
  await Promise.all(
    known
      .sort()
      .slice(0, -KEEP)
      .map((key) => del(key, database)),
  );
}

function newKey(): string {
  // crypto.randomUUID exists on https and localhost only; the page may be served on a plain LAN.
  const random = crypto.getRandomValues(new Uint32Array(2));
  return Date.now().toString(36) + [...random].map((part) => part.toString(36)).join('');
}
