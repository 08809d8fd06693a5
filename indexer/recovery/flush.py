"""Flushes of a collection after a load into it: until then its new rows are slow to search."""

from collections.abc import Set
from concurrent.futures import ThreadPoolExecutor

from shared.errors import LookalikeError, NotFound
from shared.ledger import Jobs
from shared.log import get_logger
from shared.store import Collections

_log = get_logger(__name__)

#: Fewer new rows are as fast to search in milvus-lite's memory.
_MIN_ROWS = 1000


class FlushAfterLoads:
    """Flushes in a thread of its own, as a flush may take seconds."""

    def __init__(self, jobs: Jobs, collections: Collections) -> None:
        self._jobs = jobs
        self._collections = collections
        self._active: Set[str] = frozenset()
        self._threads = ThreadPoolExecutor(max_workers=1, thread_name_prefix="flush")

    def update(self, active: Set[str]) -> None:
        """Flush the collections of jobs that have ended since the last call; `active` have not."""
        ended = self._active - active
        for name in {name for job_id in ended if (name := self._loaded_into(job_id))}:
            self._threads.submit(self.flush, name)
        # Last: after an outage in this round, the next one finds the same jobs.
        self._active = active

    def flush(self, name: str) -> None:
        """Flush a collection. Errors are only logged: without a flush nothing is lost."""
        try:
            self._collections.flush(name)
            _log.info("collection_flushed", collection=name)
        except LookalikeError as error:
            _log.warning("flush_failed", collection=name, error=error.detail)
        except Exception:  # noqa: BLE001 - the pool would swallow it
            _log.exception("flush_crashed", collection=name)

    def stop(self) -> None:
        """Cancel the waiting flushes; a running one is finished."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _loaded_into(self, job_id: str) -> str | None:
        """The collection of a job, if the job has added enough rows to it."""
        try:
            job = self._jobs.get(job_id)
        except NotFound:
            return None
        return job.spec.collection if job.indexed >= _MIN_ROWS else None
