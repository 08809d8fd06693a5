"""How much waits in each queue."""

from shared.ledger import Queries, Workers
from shared.queue import ENCODE, QUERY, SCAN, Dispatcher


class QueueDepths:
    """Counts Celery's messages, and the queries that no encoder has taken."""

    def __init__(self, dispatcher: Dispatcher, queries: Queries, workers: Workers) -> None:
        self._dispatcher = dispatcher
        self._workers = workers
        self._queries = queries

    def read(self) -> dict[str, int]:
        """The number that waits, by queue. Raises Unavailable `redis_unavailable`."""
        depths = {queue: self._dispatcher.depth(queue) for queue in (SCAN, ENCODE)}
        return depths | {QUERY: self._queries.waiting(*self._workers.encoder_weights(QUERY))}
