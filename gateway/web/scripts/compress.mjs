// Writes a gzipped copy beside each text file of the build; the gateway sends it to who takes it.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { constants, gzipSync } from 'node:zlib';

const assets = path.join(path.dirname(path.dirname(fileURLToPath(import.meta.url))), 'dist/assets');
for (const name of readdirSync(assets).filter((one) => /\.(js|css|svg)$/.test(one))) {
  const file = path.join(assets, name);
  writeFileSync(`${file}.gz`, gzipSync(readFileSync(file), { level: constants.Z_BEST_COMPRESSION }));
}
