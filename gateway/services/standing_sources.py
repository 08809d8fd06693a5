"""Standing sources: what a collection is loaded from again, by a schedule, or on request."""

import uuid
from collections.abc import Sequence
from typing import Any

from gateway.services.loads import LoadOptions, LoadService
from shared.domain.job import Job, Source
from shared.domain.standing import StandingSource, StandingState, next_run, refused_options
from shared.errors import InvalidRequest, NotFound
from shared.ledger import Jobs, StandingSources
from shared.store import Collections


class StandingSourceService:
    """Keeps standing sources and starts loads of them. The indexer starts those that are due.

    Every method raises NotFound `collection_not_found`, and those that name a source
    `source_not_found`.
    """

    def __init__(
        self, sources: StandingSources, jobs: Jobs, collections: Collections, loads: LoadService
    ) -> None:
        self._sources = sources
        self._jobs = jobs
        self._collections = collections
        self._loads = loads

    def list(self, collection: str) -> Sequence[StandingState]:
        """All of a collection, the oldest first."""
        return self._sources.list(collection, self._generation(collection))

    def get(self, collection: str, source_id: str) -> StandingState:
        """One of a collection."""
        return self._sources.get(collection, self._generation(collection), source_id)

    def add(self, collection: str, source: Source, options: dict[str, Any]) -> StandingState:
        """Keep a source, whose path may be as a caller names it; `options` are its other fields.

        Raises InvalidRequest as `LoadService.resolve` does, Conflict `too_many_sources`.
        """
        now = self._jobs.now()
        standing = StandingSource(
            id=uuid.uuid4().hex,
            collection=collection,
            generation=self._generation(collection),
            source=self._loads.resolve(source),
            created_at=now,
            **options,
        )
        due = _due(standing, now)
        self._sources.add(standing, due)
        try:
            self._collections.identity(collection).require_generation(standing.generation)
        except NotFound:
            # It was dropped after it was looked up, with the sources that it had then.
            self._sources.remove(collection, standing.id)
            raise
        return StandingState(standing, None, due)

    def change(self, collection: str, source_id: str, changes: dict[str, Any]) -> StandingState:
        """Change fields of a source; another schedule, or a pause that ends, begins anew.

        Of several changes at once none is lost. Raises InvalidRequest `validation_error` for what a
        source of its kind cannot do.
        """
        while True:
            state = self.get(collection, source_id)
            changed, due = self._changed(state, changes)
            if self._sources.replace(changed, due, known=state.source):
                return state._replace(source=changed, next_run=due)

    def _changed(
        self, state: StandingState, changes: dict[str, Any]
    ) -> tuple[StandingSource, float | None]:
        """A source with some fields changed, and when it is due then."""
        changed = state.source.model_copy(update=changes)
        kind = changed.source.kind
        reason = refused_options(kind, sync=changed.sync, watch=changed.watch)
        if reason is not None:
            raise InvalidRequest("validation_error", f"{reason[0].upper()}{reason[1:]}.")
        due = state.next_run
        if (changed.cron, changed.paused) != (state.source.cron, state.source.paused):
            due = _due(changed, self._jobs.now())
        return changed, due

    def remove(self, collection: str, source_id: str) -> None:
        """Keep a source no longer. Images and jobs stay."""
        self.get(collection, source_id)
        self._sources.remove(collection, source_id)

    def run(self, collection: str, source_id: str) -> Job:
        """Queue a load of a source; while one is unfinished, that is the answer.

        Raises what `LoadService.check_can_queue` raises.
        """
        state = self.get(collection, source_id)
        source = state.source
        target = self._loads.check_can_queue(collection)
        running = self._loads.unfinished(target, source.source)
        if running is not None:
            return running
        options = LoadOptions(on_duplicate=source.on_duplicate, sync=source.sync)
        job = self._loads.queue(target, source.source, options)
        self._sources.note_job(source, job.spec.id)
        return job

    def _generation(self, collection: str) -> str:
        return self._collections.identity(collection).generation


def _due(source: StandingSource, now: float) -> float | None:
    return None if source.cron is None or source.paused else next_run(source.cron, now)
