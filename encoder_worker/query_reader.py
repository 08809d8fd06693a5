"""Takes queries from Redis as long as a thread is free to answer one.

Not by Celery: its messages are written to Redis's append-only file when they are sent and when they
are taken, and a search would wait for the disk twice.
"""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from encoder_worker.errors import EncoderFailed
from shared import tracing
from shared.domain.query import Query
from shared.errors import Unavailable
from shared.ledger import Queries
from shared.log import get_logger, of_request, outages

_log = get_logger(__name__)

_WAIT_SECONDS = 1.0
_OUTAGE_SECONDS = 0.5


class QueryReader:
    """Calls `answer` for each query that is for an encoder with these weights.

    In up to `threads` threads; `failed` if the encoder failed.
    """

    def __init__(
        self,
        queries: Queries,
        weights: str,
        answer: Callable[[Query], None],
        threads: int,
        failed: Callable[[], None],
    ) -> None:
        self._queries = queries
        self._weights = weights
        self._answer = answer
        self._failed = failed
        self._threads = threads
        self._free = threading.Semaphore(threads)
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="query")
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="query-reader", daemon=True)

    def start(self) -> None:
        self._thread.start()
        _log.info("query_reader_started", threads=self._threads)

    def stop(self) -> None:
        """Take no more queries; those that were taken are answered."""
        self._stopping.set()

    def close(self) -> None:
        """Stop, and wait for the answers."""
        self.stop()
        if self._thread.is_alive():
            self._thread.join()
        self._pool.shutdown()

    def _run(self) -> None:
        while not self._stopping.is_set():
            if self._free.acquire(timeout=_WAIT_SECONDS) and not self._take():
                self._free.release()

    def _take(self) -> bool:
        """Whether a query was taken."""
        try:
            query = self._queries.take(self._weights, _WAIT_SECONDS)
        except Unavailable as error:
            # Its end is told by the heartbeat, which writes: a Redis may answer reads alone.
            outages.met(error.code, error)
            self._stopping.wait(_OUTAGE_SECONDS)
            return False
        except Exception:  # noqa: BLE001 - no mistake of ours may end the thread
            _log.exception("queries_unreadable")
            self._stopping.wait(_OUTAGE_SECONDS)
            return False
        if query is None:
            return False
        self._pool.submit(self._work, query)
        return True

    def _work(self, query: Query) -> None:
        try:
            with (
                of_request(query.request_id),
                tracing.span("query", parent=query.traceparent, query=query.id),
            ):
                self._answer(query)
        except EncoderFailed:
            self._failed()
        except Exception:  # noqa: BLE001 - the other queries go on
            _log.exception("query_crashed", query=query.id)
        finally:
            self._free.release()
