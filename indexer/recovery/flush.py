"""Flushes of collections into which a load has ended: new rows are slow to search until then."""

from collections.abc import Set
from concurrent.futures import ThreadPoolExecutor

from shared.errors import LookalikeError, NotFound
from shared.ledger import Jobs
from shared.log import get_logger
from shared.store import Collections

_log = get_logger(__name__)

#: Fewer new rows than these are as quick to search in milvus-lite's memory.
_WORTH_FLUSHING = 1000


class FlushAfterLoads:
    """Has Milvus flush, in a thread of its own: a flush may take seconds."""

    def __init__(self, jobs: Jobs, collections: Collections) -> None:
        self._jobs = jobs
        self._collections = collections
        self._active: Set[str] = frozenset()
        self._threads = ThreadPoolExecutor(max_workers=1, thread_name_prefix="flush")

    def update(self, active: Set[str]) -> None:
        """Flush what the jobs have loaded that were active before and are not in `active`."""
        ended = self._active - active
        for name in {name for job_id in ended if (name := self._loaded_into(job_id))}:
            self._threads.submit(self.flush, name)
        # Last: if Redis is away, the same jobs have ended in the next round.
        self._active = active

    def flush(self, name: str) -> None:
        """Flush a collection; what goes wrong is logged, and costs no more than time."""
        try:
            self._collections.flush(name)
            _log.info("collection_flushed", collection=name)
        except LookalikeError as error:
            _log.warning("flush_failed", collection=name, error=error.detail)
        except Exception:  # noqa: BLE001 - the pool would swallow it
            _log.exception("flush_crashed", collection=name)

    def stop(self) -> None:
        """Let the thread go; what is being flushed is finished."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _loaded_into(self, job_id: str) -> str | None:
        """The collection of a job that has loaded enough to be worth a flush."""
        try:
            job = self._jobs.get(job_id)
        except NotFound:
            return None
        return job.spec.collection if job.indexed >= _WORTH_FLUSHING else None
