import {
  infiniteQueryOptions,
  type QueryClient,
  queryOptions,
  useMutation,
  useQueryClient,
} from '@tanstack/react-query';

import { api } from './client';
import { collectionsQuery } from './collections';
import { dayIn, filterText } from './filter';
import type { Image, LibraryFilter } from './models';
import { ApiProblem, untilBack, unwrap } from './problem';
import { type ORDERS, PAGE_SIZE } from './rules';

export type Order = (typeof ORDERS)[number];

/** A first page that is quickly there, and further ones that keep ahead of a fast hand. */
const FIRST_PAGE = 200;

export function imagesQuery(collection: string, filter: LibraryFilter, order: Order) {
  const chosen = filterText(filter, ...(filter.day ? [startingOn(filter.day, order)] : []));
  return infiniteQueryOptions({
    queryKey: ['images', collection, filter, order],
    queryFn: ({ pageParam, signal }) =>
      unwrap(
        api.GET('/api/v2/collections/{collection}/images', {
          params: {
            path: { collection },
            query: {
              limit: pageParam ? PAGE_SIZE.maximum : FIRST_PAGE,
              order,
              ...(chosen ? { filter: chosen } : {}),
              ...(pageParam ? { cursor: pageParam } : {}),
            },
          },
          signal,
        }),
      ),
    initialPageParam: '',
    getNextPageParam: (page) => page.next_cursor ?? undefined,
    ...untilBack,
  });
}

/** The condition of a list that begins with what was added, or taken, on a day. */
function startingOn(day: string, order: Order) {
  const field = order.endsWith('taken_at') ? 'taken_at' : 'added_at';
  const { begin, end } = dayIn(field, day);
  return { field, range: order.startsWith('-') ? { lt: end } : { gte: begin } };
}

export function imageQuery(collection: string, image: string) {
  return queryOptions({
    queryKey: ['image', collection, image],
    queryFn: ({ signal }) =>
      unwrap(
        api.GET('/api/v2/collections/{collection}/images/{image}', {
          params: { path: { collection, image } },
          signal,
        }),
      ),
    enabled: image !== '',
    ...untilBack,
  });
}

/** The id of the image with a uri, or whose file has a path; throws ApiProblem where there is none. */
export async function findImage(collection: string, uri: string): Promise<string> {
  const { items } = await unwrap(
    api.GET('/api/v2/collections/{collection}/images', { params: { path: { collection }, query: { uri } } }),
  );
  const [image] = items;
  if (!image) throw new ApiProblem(404, 'image_not_found', `The collection holds no image ${uri}.`);
  return image.id;
}

type Kind = 'images' | 'image' | 'search' | 'facets' | 'duplicates';

/** Makes grids, hits and counts of a collection read again after a change; resolves once they are. */
export function refresh(client: QueryClient, collection: string, kinds: readonly Kind[]): Promise<unknown> {
  return Promise.all([
    ...kinds.map((kind) => client.invalidateQueries({ queryKey: [kind, collection] })),
    client.invalidateQueries({ queryKey: collectionsQuery.queryKey }),
  ]);
}

/** Images named in one request: a proxy may refuse an address of more than 8 kB. */
const FORGOTTEN_AT_ONCE = 100;

/** How many of the images that were to be forgotten may be left, and why. */
export class NotForgotten extends Error {
  constructor(
    readonly left: number,
    override readonly cause: unknown,
  ) {
    super(`${left} images may not be forgotten`, { cause });
    this.name = 'NotForgotten';
  }
}

/**
 * Forgets images, a few requests at a time, and those that are left at once when the page `leaves`;
 * all outlive it. Throws NotForgotten where some requests fail.
 */
export async function forgetImages(
  collection: string,
  images: readonly string[],
  leaves: AbortSignal,
): Promise<void> {
  const batches: (readonly string[])[] = [];
  for (let start = 0; start < images.length; start += FORGOTTEN_AT_ONCE) {
    batches.push(images.slice(start, start + FORGOTTEN_AT_ONCE));
  }
  let left = 0;
  const forget = async (any: readonly string[]) => {
    const filter = JSON.stringify({ must: [{ field: 'id', any }] });
    const request = api.DELETE('/api/v2/collections/{collection}/images', {
      params: { path: { collection }, query: { filter } },
      keepalive: true,
    });
    try {
      await unwrap(request);
    } catch (problem) {
      left += any.length;
      throw problem;
    }
  };
  try {
    await eachOf(batches, forget, leaves);
  } catch (problem) {
    throw new NotForgotten(left, problem);
  }
}

export interface TagChange {
  images: readonly Pick<Image, 'id'>[];
  add: readonly string[];
  remove: readonly string[];
}

/** The tags of an image after a change, each once, in the order they were given. */
export function changedTags(tags: readonly string[], { add, remove }: Omit<TagChange, 'images'>): string[] {
  return [...new Set([...tags, ...add])].filter((tag) => !remove.includes(tag));
}

const ATTEMPTS = 5;

/** Changes the tags that an image has now, not those that the page has seen; nobody's are lost. */
async function changeTags(collection: string, image: string, change: Omit<TagChange, 'images'>) {
  const path = { collection, image };
  for (let attempt = 1; ; attempt += 1) {
    const read = api.GET('/api/v2/collections/{collection}/images/{image}', { params: { path } });
    const { tags } = await unwrap(read);
    const etag = (await read).response.headers.get('ETag');
    try {
      await unwrap(
        api.PATCH('/api/v2/collections/{collection}/images/{image}', {
          params: { path, header: { 'if-match': etag } },
          body: { tags: changedTags(tags, change) },
        }),
      );
      return;
    } catch (problem) {
      const isLate = problem instanceof ApiProblem && problem.code === 'precondition_failed';
      if (!isLate || attempt === ATTEMPTS) throw problem;
    }
  }
}

export function useTag(collection: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (change: TagChange) =>
      eachOf(change.images, (image) => changeTags(collection, image.id, change)),
    // Nobody waits for that.
    onSettled: () => void refresh(client, collection, ['images', 'image', 'search', 'facets']),
  });
}

const AT_ONCE = 4;

/**
 * Runs a call for each item, a few at a time, and all that are left once there is a `hurry`; throws
 * the first problem when all have ended.
 */
async function eachOf<T>(
  items: readonly T[],
  call: (item: T) => Promise<unknown>,
  hurry?: AbortSignal,
): Promise<void> {
  const waiting = [...items];
  const problems: unknown[] = [];
  const worker = async () => {
    for (let item = waiting.shift(); item !== undefined; item = waiting.shift()) {
      await call(item).catch((problem: unknown) => problems.push(problem));
    }
  };
  const workers = (count: number) => Promise.all(Array.from({ length: count }, worker));
  let hurried: Promise<unknown> | undefined;
  hurry?.addEventListener('abort', () => {
    hurried = workers(waiting.length);
  });
  await workers(hurry?.aborted ? waiting.length : AT_ONCE);
  await hurried;
  if (problems.length > 0) throw problems[0];
}
