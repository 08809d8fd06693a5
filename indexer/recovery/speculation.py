"""Speculative execution of a job's last chunks, so that a slow encoder does not delay its end.

As MapReduce's backup tasks (Dean and Ghemawat 2004, section 3.6,
https://research.google/pubs/mapreduce-simplified-data-processing-on-large-clusters/): an idle
encoder works on a chunk that another one holds as well. The first report of a chunk counts.
"""

from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

from indexer.stores import IndexerStores
from shared.log import get_logger
from shared.queue import ENCODE

_log = get_logger(__name__)


class _Lease(NamedTuple):
    job: str
    chunk: str
    worker: str


class SpeculativeExecution:
    """Compares the leases of one round with those of the round before."""

    def __init__(self, stores: IndexerStores) -> None:
        self._jobs = stores.jobs
        self._workers = stores.workers
        self._dispatcher = stores.dispatcher
        self._job_recovery = stores.job_recovery
        self._seen: frozenset[_Lease] = frozenset()

    def run_once(self, jobs: Iterable[str]) -> None:
        """Revoke leases that are older than a round, as many as there are idle encoders.

        To be called while the encode queue is empty. A chunk's lease is revoked once.
        """
        held = frozenset(
            _Lease(job, chunk, worker)
            for job in jobs
            for chunk, worker in self._job_recovery.leases(job).items()
        )
        seen, self._seen = self._seen, held
        late = held & seen
        if not late:
            return
        busy = Counter(item.worker for item in held)
        alive = [worker.id for worker in self._workers.list_alive() if worker.queue == ENCODE]
        idle = sum(worker not in busy for worker in alive)
        # First those of the worker that holds the most.
        for item in sorted(late, key=lambda item: (-busy[item.worker], item)):
            if idle > 0 and self._job_recovery.revoke_lease(item.job, item.chunk, item.worker):
                idle -= 1
                _log.info("lease_revoked", job=item.job, chunk=item.chunk, worker=item.worker)
                priority = self._jobs.get(item.job).spec.priority
                self._dispatcher.send_chunks(item.job, [item.chunk], priority)
