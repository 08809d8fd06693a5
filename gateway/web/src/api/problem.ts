/** Why a call failed, as the gateway's problem+json says it. */
export class ApiProblem extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    readonly detail: string,
    readonly title = 'Something went wrong',
    /** What is wrong with parts of the request: `body.filter.must.0`, say. */
    readonly errors: readonly { field: string; message: string }[] = [],
  ) {
    super(detail);
    this.name = 'ApiProblem';
  }
}

export const UNREACHABLE = 'gateway_unreachable';

export function unreachable(): ApiProblem {
  return new ApiProblem(0, UNREACHABLE, 'The gateway does not answer.');
}

/** Whether another try a little later may go well without anybody's doing. */
export function isTransient(error: unknown): boolean {
  return error instanceof ApiProblem && (error.status === 0 || error.status === 503);
}

/** How often what is away is asked for again. */
export const RETRY_MS = 3_000;

/** Options of a query that is asked again, now and then, while a service is away. */
export const untilBack = {
  retry: false,
  refetchInterval: ({ state }: { state: { error: Error | null } }) =>
    isTransient(state.error) ? RETRY_MS : false,
} as const;

/** Reads a problem from a reply's body, whatever stood between us and the gateway. */
export function readProblem(status: number, body: unknown): ApiProblem {
  const record = typeof body === 'object' && body !== null ? (body as Record<string, unknown>) : {};
  const text = (key: string) => (typeof record[key] === 'string' ? record[key] : undefined);
  // A proxy in front of a stopped gateway answers 502 or 504 with a page of its own.
  if (text('code') === undefined && [502, 503, 504].includes(status)) return unreachable();
  return new ApiProblem(
    status,
    text('code') ?? `http_${status}`,
    text('detail') ?? `The gateway answered with status ${status}.`,
    text('title'),
    readErrors(record.errors),
  );
}

function readErrors(given: unknown): { field: string; message: string }[] {
  const isError = (one: unknown): one is { field: string; message: string } =>
    typeof one === 'object' &&
    one !== null &&
    'field' in one &&
    'message' in one &&
    typeof one.field === 'string' &&
    typeof one.message === 'string';
  return Array.isArray(given) ? given.filter(isError) : [];
}

/** The data of a call of the generated client; throws ApiProblem for everything else. */
export async function unwrap<T>(
  call: Promise<{ data?: T; error?: unknown; response: Response }>,
): Promise<T> {
  let reply;
  try {
    reply = await call;
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error;
    throw unreachable();
  }
  if (!reply.response.ok) throw readProblem(reply.response.status, reply.error);
  return reply.data as T;
}
