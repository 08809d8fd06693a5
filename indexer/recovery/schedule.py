"""Runs of standing sources whose time has come."""

import hashlib

from indexer.recovery.standing_loads import StandingLoads
from indexer.stores import IndexerStores
from shared.domain.standing import StandingSource, next_run
from shared.log import get_logger
from shared.redis import is_outage

_log = get_logger(__name__)

#: Seconds after which a run that could not be started is tried again.
_AGAIN_SECONDS = 3600.0


class Schedule:
    """Looks for runs that are due, by the clock of Redis. Any number of indexers may.

    The id of a run's job is made of the source and the time it was due, and a job is created once:
    whoever dies between creating it and noting that has it found again by the next one.
    """

    def __init__(self, stores: IndexerStores) -> None:
        self._sources = stores.standing_sources
        self._jobs = stores.jobs
        self._loads = StandingLoads(stores)

    def run_once(self) -> None:
        """Start what is due. Of several missed runs, as while no indexer ran, there is one."""
        now = self._jobs.now()
        for source, due in self._sources.due(now):
            try:
                self._see_to(source, due, now)
            except Exception as error:
                if is_outage(error):
                    raise
                # The other sources, and jobs, are seen to all the same.
                _log.exception("scheduled_run_failed", source=source.id)
                self._sources.advance(source, due, now + _AGAIN_SECONDS)

    def _see_to(self, source: StandingSource, due: float, now: float) -> None:
        following, job_id = next_run(source.cron or "", now), _job_id(source, due)
        if source.paused:
            _log.info("scheduled_run_skipped", source=source.id, reason="paused")
        elif self._loads.is_running(source, but=job_id):
            _log.info("scheduled_run_skipped", source=source.id, reason="still loading")
        else:
            self._loads.start(source, job_id, source.source, now)
            _log.info("scheduled_run_started", source=source.id, job=job_id)
        self._sources.advance(source, due, following)


def _job_id(source: StandingSource, due: float) -> str:
    return hashlib.sha256(f"{source.id} {due!r}".encode()).hexdigest()[:32]
