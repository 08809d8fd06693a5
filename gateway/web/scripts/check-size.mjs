// Fails the build when the JavaScript that the first view needs is over its budget, as compressed
// by compress.mjs before.
import { readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const BUDGET_KB = 300;
const dist = path.join(path.dirname(path.dirname(fileURLToPath(import.meta.url))), 'dist');
const manifest = JSON.parse(readFileSync(path.join(dist, '.vite/manifest.json'), 'utf8'));

/** The files of a chunk and of all that it imports statically. */
function closure(key, seen = new Set()) {
  if (seen.has(key)) return seen;
  seen.add(key);
  for (const next of manifest[key].imports ?? []) closure(next, seen);
  return seen;
}

const size = (key) => statSync(path.join(dist, `${manifest[key].file}.gz`)).size / 1000;
const total = (keys) => [...keys].reduce((sum, key) => sum + size(key), 0);

const entry = Object.keys(manifest).find((key) => manifest[key].isEntry);
const shell = closure(entry);
for (const view of Object.keys(manifest).filter((key) => /views\/.*View\.tsx$/.test(key))) {
  const kb = total(new Set([...shell, ...closure(view)]));
  console.log(
    `${path.basename(view, '.tsx')}: ${kb.toFixed(0)} kB of JavaScript, compressed (budget ${BUDGET_KB})`,
  );
  if (kb > BUDGET_KB) process.exitCode = 1;
}
