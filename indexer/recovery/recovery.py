"""The care for jobs whose helpers died: what they held is sent again, by one indexer at a time."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

from indexer.active_scans import ActiveScans
from indexer.recovery.speculation import SpeculativeExecution
from shared.errors import LookalikeError, NotFound
from shared.ledger import Jobs, Scans, Workers
from shared.log import get_logger
from shared.queue.dispatcher import Dispatcher
from shared.queue.routing import (
    ENCODE,
    SCAN,
)
from shared.retry import passes
from shared.settings import Settings
from shared.store.collections import Collections

_log = get_logger(__name__)

#: Fewer new rows than these are as quick to search in milvus-lite's memory.
_WORTH_FLUSHING = 1000


class Recovery:
    """A daemon thread that looks after all jobs every few seconds, Redis away or not.

    Where loads ended, it also has Milvus flush their collections: rows that were written last
    are slow to search until then.
    """

    def __init__(
        self,
        jobs: Jobs,
        scans: Scans,
        collections: Collections,
        workers: Workers,
        dispatcher: Dispatcher,
        active_scans: ActiveScans,
        settings: Settings,
    ) -> None:
        self._speculation = SpeculativeExecution(jobs, scans, workers, dispatcher)
        self._jobs = jobs
        self._scans = scans
        self._collections = collections
        self._dispatcher = dispatcher
        self._active_scans = active_scans
        self._settings = settings
        self._seen: set[str] = set()
        self._quiet_until = 0.0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="tend", daemon=True)
        # A flush may take seconds, which the jobs must not wait for.
        self._flushes = ThreadPoolExecutor(max_workers=1, thread_name_prefix="flush")

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        self._thread.join(timeout=5)
        self._flushes.shutdown(wait=False, cancel_futures=True)

    def run_once(self) -> None:
        """Look after all jobs, if it is this indexer's turn."""
        active = set(self._jobs.active())
        self._flush_after(self._seen - active)
        self._seen = active
        turn = self._settings.heartbeat_seconds * 0.9
        if time.monotonic() < self._quiet_until or not self._scans.try_acquire_leadership(turn):
            return
        encode_empty = self._dispatcher.depth(ENCODE) == 0
        # While scans wait in the queue, sending them again would only make it longer.
        scan_empty = self._dispatcher.depth(SCAN) == 0
        for job in sorted(active):
            try:
                self._recover_job(job, encode_empty, scan_empty)
            except Exception as error:
                if passes(error):
                    raise
                # One job's trouble is no other's.
                _log.exception("job_recovery_failed", job=job)
        if encode_empty:
            self._speculation.run_once(sorted(active))

    def _recover_job(self, job: str, encode_empty: bool, scan_empty: bool) -> None:
        scan, chunks = self._scans.recover_job(job, self._settings.lease_seconds, encode_empty)
        # Ours by the ledger, and yet no thread's: what ended the scan was lost with Redis.
        orphaned = job not in self._active_scans and self._scans.is_owner(job)
        if (scan or orphaned) and scan_empty:
            _log.info("scan_resent", job=job)
            self._dispatcher.send_scan(job)
        if chunks:
            _log.info("chunks_resent", job=job, chunks=len(chunks))
            priority = self._jobs.get(job).spec.priority
            self._dispatcher.send_chunks(job, chunks, priority)

    def _run(self) -> None:
        while not self._stop.wait(self._settings.heartbeat_seconds):
            try:
                self.run_once()
            except Exception as error:  # noqa: BLE001 - whatever it is, jobs need looking after
                if passes(error):
                    # Once Redis is back, the living need a moment to say that they are.
                    self._quiet_until = time.monotonic() + self._settings.lease_seconds
                    _log.warning("recovery_failed", error=str(error)[:200])
                else:
                    _log.exception("recovery_crashed")

    def _flush_after(self, ended: set[str]) -> None:
        collections = set()
        for job_id in ended:
            try:
                job = self._jobs.get(job_id)
            except NotFound:
                continue
            if job.indexed >= _WORTH_FLUSHING:
                collections.add(job.spec.collection)
        for name in collections:
            self._flushes.submit(self._flush, name)

    def _flush(self, name: str) -> None:
        try:
            self._collections.flush(name)
            _log.info("collection_flushed", collection=name)
        except LookalikeError as error:
            _log.warning("flush_failed", collection=name, error=error.detail)
        except Exception:  # noqa: BLE001 - the pool would swallow it
            _log.exception("flush_crashed", collection=name)
