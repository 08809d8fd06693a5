"""The loads that standing sources start by themselves."""

from indexer.stores import IndexerStores
from shared import tracing
from shared.domain.job import JobSpec, Source
from shared.domain.standing import StandingSource
from shared.errors import NotFound


class StandingLoads:
    """Tells whether a source is being loaded, and starts a load of it."""

    def __init__(self, stores: IndexerStores) -> None:
        self._sources = stores.standing_sources
        self._jobs = stores.jobs
        self._dispatcher = stores.dispatcher

    def is_running(self, standing: StandingSource, but: str = "") -> bool:
        """Whether the last load of a source is unfinished, unless it is the job `but`."""
        last = self._sources.last_job(standing)
        if last is None or last == but:
            return False
        try:
            return not self._jobs.get(last).finished
        except NotFound:
            return False

    def start(
        self,
        standing: StandingSource,
        job_id: str,
        source: Source,
        now: float,
        *,
        prompt: bool = False,
    ) -> None:
        """Queue a load of `source`, all or a part of it; `now` is Redis's time.

        `prompt` is for a few files, which are encoded before what waits of other loads.
        """
        spec = JobSpec(
            id=job_id,
            collection=standing.collection,
            generation=standing.generation,
            source=source,
            on_duplicate=standing.on_duplicate,
            sync=standing.sync,
            prompt=prompt,
            created_at=now,
        )
        with tracing.span("standing_load", job=job_id, collection=standing.collection):
            self._jobs.create(spec)
            self._sources.note_job(standing, job_id)
            self._dispatcher.send_scan(job_id)
