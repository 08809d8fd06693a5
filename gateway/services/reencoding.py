"""Re-encodings of collections: started, shown, given up, and what was before them dropped."""

from gateway.services.labels import WRITER
from gateway.services.loads import LoadOptions, LoadService
from shared.domain.collection import CollectionInfo, Edition, IndexSpec
from shared.domain.fingerprint import Pooling
from shared.domain.job import Job, ReencodingSource
from shared.domain.renaming import collection_busy
from shared.errors import Conflict, NotFound, Unavailable
from shared.ledger import Jobs, RowLocks, edition_lock
from shared.log import get_logger
from shared.store import Collections, Editions

_log = get_logger(__name__)


class ReencodingService:
    """Methods raise NotFound `collection_not_found`, Unavailable."""

    def __init__(
        self,
        collections: Collections,
        editions: Editions,
        jobs: Jobs,
        row_locks: RowLocks,
        loads: LoadService,
    ) -> None:
        self._collections = collections
        self._editions = editions
        self._jobs = jobs
        self._row_locks = row_locks
        self._loads = loads

    def start(
        self,
        collection: str,
        pooling: Pooling | None,
        index: IndexSpec | None,
        *,
        allow_missing: bool,
    ) -> Job:
        """Queue a re-encoding; the same one that is unfinished already, if there is one.

        Raises InvalidRequest `invalid_index`, Conflict `nothing_to_reencode`, `reencoding_kept`,
        `reencoding_unfinished`, `collection_busy` while an import fills the collection, and what
        `LoadService.check_can_queue` raises.
        """
        info = self._collections.get(collection)
        wanted = self._editions.wanted(info, pooling, index)
        source = ReencodingSource(
            pooling=wanted.pooling, index=wanted.index, allow_missing=allow_missing
        )
        if (job := self._loads.unfinished(info, source)) is not None:
            return job
        if others := self._unfinished(info):
            raise Conflict(
                "reencoding_unfinished",
                f"The job {others[0].spec.id} encodes the collection anew. Cancel it first.",
            )
        if self._active(info, "import"):
            # Rows with vectors as they were cannot be written once there are others.
            raise collection_busy("The import of the collection has not ended.")
        return self._loads.queue(self._loads.check_can_queue(collection), source, LoadOptions())

    def get(self, collection: str) -> tuple[CollectionInfo, Edition]:
        """A collection, and the edition beside the one that is searched.

        Raises NotFound `reencoding_not_found`.
        """
        info = self._collections.get(collection)
        edition = info.next or info.kept
        if edition is None:
            raise _not_found(collection)
        return info, edition

    def drop(self, collection: str) -> None:
        """Give up an unfinished re-encoding, or drop what was before a finished one.

        Raises NotFound `reencoding_not_found`, Unavailable `reencoding_busy`, Conflict
        `reencoding_kept` where what was to be given up was put in place meanwhile.
        """
        info = self._collections.get(collection)
        given_up = self._unfinished(info)
        try:
            with self._row_locks.hold(edition_lock(collection, WRITER)):
                kept = self._collections.get(collection).kept
                if kept is not None and kept.job in {job.spec.id for job in given_up}:
                    raise Conflict(
                        "reencoding_kept",
                        "The new vectors were put in place at this moment, and those before are "
                        "kept. Ask again to drop those.",
                    )
                for job in given_up:
                    self._jobs.cancel(job.spec.id)
                dropped = self._editions.drop(collection)
        except Unavailable as error:
            if error.code != "image_busy":
                raise
            raise Unavailable(
                "reencoding_busy",
                "New vectors are being put in place at this moment; try again in a few seconds.",
            ) from error
        if dropped is None and not given_up:
            raise _not_found(collection)
        _log.info("edition_dropped", collection=collection)

    def _unfinished(self, info: CollectionInfo) -> list[Job]:
        """The re-encodings of a collection that have not put their vectors in place."""
        return [
            job
            for job in self._active(info, "reencoding")
            if not (info.kept and info.kept.job == job.spec.id)
        ]

    def _active(self, info: CollectionInfo, kind: str) -> list[Job]:
        return [
            job
            for job in self._jobs.active_in(info.name)
            if job.spec.source.kind == kind
            and job.spec.generation == info.generation
            and not job.finished
        ]


def _not_found(collection: str) -> NotFound:
    return NotFound(
        "reencoding_not_found", f"There are no vectors beside those that {collection!r} has."
    )
