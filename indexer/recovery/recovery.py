"""Recovery of jobs: one indexer at a time sends scans and chunks of dead processes again."""

import threading
import time
from collections.abc import Sequence, Set

from indexer.recovery.flush import FlushAfterLoads
from indexer.recovery.schedule import Schedule
from indexer.recovery.speculation import SpeculativeExecution
from indexer.stores import IndexerStores
from shared.log import get_logger, outages
from shared.queue import ENCODE, SCAN
from shared.redis import is_outage, outage_code

_log = get_logger(__name__)


class Recovery:
    """A daemon thread that checks all active jobs every few seconds, through outages.

    It also has the collections of ended loads flushed, and their failures packed.
    """

    def __init__(self, stores: IndexerStores, flush: FlushAfterLoads) -> None:
        self._speculation = SpeculativeExecution(stores)
        self._schedule = Schedule(stores)
        self._flush = flush
        self._jobs = stores.jobs
        self._job_recovery = stores.job_recovery
        self._dispatcher = stores.dispatcher
        self._failures = stores.failures
        self._active_scans = stores.active_scans
        self._settings = stores.settings
        self._quiet_until = 0.0
        #: The jobs that were active in the last round.
        self._checked: Set[str] = frozenset()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="recovery", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        self._thread.join(timeout=5)
        self._flush.stop()

    def run_once(self) -> None:
        """Check all active jobs, if this indexer acquires the leadership."""
        active = set(self._jobs.active())
        self._flush.update(active)
        if time.monotonic() < self._quiet_until:
            return
        self._resend_orphans(sorted(active - self._active_scans.jobs()))
        if not self._job_recovery.try_acquire_leadership(self._settings.heartbeat_seconds * 0.9):
            return
        encode_empty = self._dispatcher.depth(ENCODE) == 0
        self._schedule.run_once()
        # While scans wait in the queue, sending them again would only lengthen it.
        scan_empty = self._dispatcher.depth(SCAN) == 0
        for job in sorted(active | self._checked):
            try:
                if job in active:
                    self._recover_job(job, encode_empty, scan_empty)
                # Once more when a job has ended.
                self._failures.pack(job)
            except Exception as error:
                if is_outage(error):
                    raise
                # The other jobs are recovered all the same.
                _log.exception("job_recovery_failed", job=job)
        self._checked = active
        if encode_empty:
            self._speculation.run_once(sorted(active))

    def _resend_orphans(self, jobs: Sequence[str]) -> None:
        """Send scans whose owner we are, though no thread of ours runs them: Redis lost their end.

        Each indexer does so for its own. `jobs` have no thread.
        """
        owned = self._job_recovery.owned(jobs) if jobs else []
        if owned and self._dispatcher.depth(SCAN) == 0:
            for job in owned:
                _log.info("orphaned_scan_resent", job=job)
                self._dispatcher.send_scan(job)

    def _recover_job(self, job: str, encode_empty: bool, scan_empty: bool) -> None:
        scan, chunks = self._job_recovery.recover_job(
            job, self._settings.lease_seconds, encode_empty
        )
        if scan and scan_empty:
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
            except Exception as error:  # noqa: BLE001 - the thread must outlive any error
                if is_outage(error):
                    # Once Redis is back, processes need a moment to send their heartbeats.
                    self._quiet_until = time.monotonic() + self._settings.lease_seconds
                    outages.met(outage_code(error), error)
                else:
                    _log.exception("recovery_crashed")
