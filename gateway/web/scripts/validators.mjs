// Compiles the schemas of what arrives outside the generated client into functions that check it.
// They are plain code: the page carries no validator, and its Content-Security-Policy forbids eval.
import Ajv from 'ajv/dist/2020.js';
import standaloneCode from 'ajv/dist/standalone/index.js';

const CHECKED = ['Failure', 'Job', 'Upload'];
/** RFC 3339, so that what passes is a time that Date reads. */
const DATE_TIME =
  /^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])T([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d+)?(Z|[+-]([01]\d|2[0-3]):[0-5]\d)$/;
/** Keywords that check nothing. */
const WORDS = new Set(['title', 'description', 'example', 'discriminator']);

/** JavaScript that exports `isJob` and the like, and its types. */
export function validatorsOf(description) {
  const ajv = new Ajv.default({
    code: { source: true, esm: true, lines: true },
    messages: false,
    strict: false,
  });
  ajv.addFormat('date-time', DATE_TIME);
  const schemas = Object.entries(description.components.schemas);
  ajv.addSchema({
    $id: 'api',
    components: {
      schemas: Object.fromEntries(schemas.map(([name, schema]) => [name, withoutWords(schema)])),
    },
  });
  const names = Object.fromEntries(CHECKED.map((name) => [`is${name}`, `api#/components/schemas/${name}`]));
  return { code: standaloneCode.default(ajv, names), types: TYPES + CHECKED.map(typeOf).join('') };
}

const TYPES = `import type { components } from './schema';

/** Whether something is what the API describes; if not, \`errors\` says where it differs. */
interface Check<T> {
  (data: unknown): data is T;
  errors?: { instancePath: string; keyword: string }[] | null;
}

`;

function typeOf(name) {
  return `export declare const is${name}: Check<components['schemas']['${name}']>;\n`;
}

/** A schema without what is said to people, which would make up most of the code. */
function withoutWords(schema) {
  if (Array.isArray(schema)) return schema.map(withoutWords);
  if (typeof schema !== 'object' || schema === null) return schema;
  const kept = Object.entries(schema).filter(([key]) => !WORDS.has(key));
  const named = (parts) =>
    Object.fromEntries(Object.entries(parts).map(([name, part]) => [name, withoutWords(part)]));
  return Object.fromEntries(
    kept.map(([key, value]) => [key, key === 'properties' ? named(value) : withoutWords(value)]),
  );
}
