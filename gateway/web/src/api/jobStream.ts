import { JOB_EVENTS, type JobEvent, readJobEvent } from './jobEvents';
import { ApiProblem } from './problem';

export interface JobStreamHandlers {
  onEvent: (event: JobEvent) => void;
  /** Called for an event that cannot be read. */
  onProblem: (problem: ApiProblem) => void;
  /** Called after the last event, whether that could be read or not. */
  onEnd: () => void;
  /** Whether the stream is open; false while it is being opened again. */
  onConnection: (open: boolean) => void;
}

/** What is needed of an EventSource. */
interface Source {
  readonly readyState: number;
  addEventListener: (kind: string, listener: (event: Event) => void) => void;
  close: () => void;
}

const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 10_000;
const CLOSED = 2;

/**
 * Follows a job's events until it ends, whatever becomes of the connection: EventSource returns by
 * itself after a network error, but gives up for ever on an error status, as of a proxy whose
 * gateway is being restarted.
 */
export class JobStream {
  private source: Source | null = null;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private wait = FIRST_WAIT_MS;

  constructor(
    private readonly job: string,
    private readonly handlers: JobStreamHandlers,
    private readonly open: (url: string) => Source = (url) => new EventSource(url),
  ) {
    this.connect();
  }

  close(): void {
    clearTimeout(this.timer);
    this.source?.close();
    this.source = null;
  }

  private connect(): void {
    const source = this.open(`/api/v2/jobs/${encodeURIComponent(this.job)}/events`);
    this.source = source;
    source.addEventListener('open', () => {
      this.wait = FIRST_WAIT_MS;
      this.handlers.onConnection(true);
    });
    for (const kind of JOB_EVENTS) {
      source.addEventListener(kind, (event) => {
        if (kind === 'end') this.close();
        this.read(kind, event);
        if (kind === 'end') this.handlers.onEnd();
      });
    }
    source.addEventListener('error', () => {
      this.handlers.onConnection(false);
      if (source.readyState === CLOSED) this.connectLater();
    });
  }

  private connectLater(): void {
    this.close();
    this.timer = setTimeout(() => {
      this.connect();
    }, this.wait);
    this.wait = Math.min(LONGEST_WAIT_MS, this.wait * 2);
  }

  private read(kind: JobEvent['kind'], event: Event): void {
    const read = readJobEvent(kind, event instanceof MessageEvent ? event.data : undefined);
    if (read instanceof ApiProblem) this.handlers.onProblem(read);
    else this.handlers.onEvent(read);
  }
}
