// The rules of the API that the page holds to, taken from where the description states them.
// openapi-typescript gives the enums, but neither patterns nor lengths nor ranges.
const PLACES = {
  COLLECTION_NAME: ({ schemas }) => schemas.CollectionInput.properties.name,
  COLLECTION_DESCRIPTION: ({ schemas }) => schemas.CollectionInput.properties.description,
  FORMATS: ({ schemas }) => schemas.PictureFormat.properties.name,
  GRADES: ({ schemas }) => schemas.DuplicateGroup.properties.grade,
  IMAGE_ID: ({ parameter }) => parameter('/api/v2/collections/{collection}/images/{image}', 'image'),
  LISTED_ADDRESSES: ({ schemas }) => schemas.UrlsSourceInput.properties.urls.anyOf[0],
  ORDERS: ({ parameter }) => parameter('/api/v2/collections/{collection}/images', 'order'),
  PAGE_SIZE: ({ parameter }) => parameter('/api/v2/collections/{collection}/images', 'limit'),
  OFFSET: ({ parameter }) => parameter('/api/v2/collections/{collection}/images/{image}/similar', 'offset'),
  TOP_K: ({ parameter }) => parameter('/api/v2/collections/{collection}/images/{image}/similar', 'top_k'),
  THUMBNAIL_SIZE: ({ parameter }) =>
    parameter('/api/v2/collections/{collection}/images/{image}/thumbnail', 'size'),
};
const BOUNDS = ['minimum', 'maximum', 'maxLength', 'maxItems'];

/** The TypeScript of the rules that a description (parsed openapi.json) states. */
export function rulesOf(description) {
  const parameter = (path, name) =>
    description.paths[path].get.parameters.find((one) => one.name === name).schema;
  const sources = { schemas: description.components.schemas, parameter };
  const lines = Object.entries(PLACES).map(
    ([name, place]) => `export const ${name} = ${valueOf(name, place(sources))} as const;\n`,
  );
  return lines.join('');
}

function valueOf(name, { enum: values, pattern, ...schema }) {
  if (values) return JSON.stringify(values);
  const parts = BOUNDS.filter((bound) => bound in schema).map((bound) => `${bound}: ${schema[bound]}`);
  if (pattern) parts.unshift(`pattern: ${new RegExp(pattern)}`);
  if (parts.length === 0) throw new Error(`The description states no rule for ${name}.`);
  return `{ ${parts.join(', ')} }`;
}
