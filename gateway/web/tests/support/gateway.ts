import { collection, system } from './models';

/** A request as a test looks at it. */
export interface Asked {
  method: string;
  path: string;
  query: Record<string, string>;
  body: unknown;
  ifMatch: string | null;
  /** Whether it outlives the page. */
  keepalive: boolean;
}

type Answer = (asked: Asked) => unknown;

/** An answer of another status than 200; with a code, a problem. */
export class Reply {
  constructor(
    readonly status: number,
    readonly body: unknown,
  ) {}
}

export function problem(status: number, code: string, detail = 'In the gateway’s words.'): Reply {
  return new Reply(status, { type: '', title: 'A problem', status, detail, code });
}

/** fetch's Request, with the one thing that Node's lacks: addresses without a host. */
class PageRequest extends Request {
  constructor(address: RequestInfo | URL, options: RequestInit = {}) {
    // jsdom's AbortSignal is none to Node; what is aborted is not looked at by anybody any more.
    const whole = typeof address === 'string' ? new URL(address, window.location.href) : address;
    super(whole, { ...options, signal: null });
  }
}

/** An event stream that the test speaks through. */
class Stream extends EventTarget {
  readyState = 1;

  constructor(readonly url: string) {
    super();
    gateway.streams.push(this);
  }

  close() {
    this.readyState = 2;
  }

  say(kind: string, data: unknown) {
    this.dispatchEvent(new MessageEvent(kind, { data: JSON.stringify(data) }));
  }
}

/** A gateway whose answers the test gives, by method and path; it keeps what it was asked. */
class Gateway {
  readonly asked: Asked[] = [];
  readonly streams: Stream[] = [];
  readonly EventSource = Stream;
  readonly Request = PageRequest;
  private readonly answers = new Map<string, Answer>();

  /** What every view asks for, as it is when all is well. */
  reset(): void {
    this.asked.length = 0;
    this.streams.length = 0;
    this.answers.clear();
    this.on('GET /api/v2/system', () => system());
    this.on('GET /api/v2/collections', () => ({ items: [collection()], next_cursor: null }));
    this.on('GET /api/v2/jobs', () => ({ items: [], next_cursor: null }));
    this.on('GET /api/v2/collections/shoes/facets', () => ({
      field: 'tags',
      items: [],
      looked_at: 12,
      complete: true,
    }));
    this.on('GET /api/v2/collections/shoes/sources', () => ({ items: [], next_cursor: null }));
    this.on('GET /api/v2/folders', () => ({ items: [], next_cursor: null }));
  }

  on(call: string, answer: Answer): void {
    this.answers.set(call, answer);
  }

  /** The requests of one kind so far. */
  calls(call: string): Asked[] {
    return this.asked.filter(({ method, path }) => `${method} ${path}` === call);
  }

  readonly fetch = async (request: Request): Promise<Response> => {
    const url = new URL(request.url);
    const asked: Asked = {
      method: request.method,
      path: url.pathname,
      query: Object.fromEntries(url.searchParams),
      body: await bodyOf(request),
      ifMatch: request.headers.get('If-Match'),
      keepalive: request.keepalive,
    };
    this.asked.push(asked);
    const answer = this.answers.get(`${asked.method} ${asked.path}`);
    const given = answer ? await answer(asked) : problem(404, 'not_found');
    if (given instanceof Response) return given;
    const { status, body } = given instanceof Reply ? given : new Reply(200, given);
    if (body === null) return new Response(null, { status });
    return new Response(JSON.stringify(body), { status, headers: { 'Content-Type': 'application/json' } });
  };
}

async function bodyOf(request: Request): Promise<unknown> {
  const type = request.headers.get('Content-Type') ?? '';
  if (type.startsWith('multipart/')) return Object.fromEntries(await request.formData());
  const text = await request.text();
  return text === '' ? null : JSON.parse(text);
}

export const gateway = new Gateway();
