"""The last stage of a chunk: its rows are written, under their locks."""

from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from encoder_worker.chunks.result import ChunkWrites, PlannedRow
from encoder_worker.chunks.row_files import RowFiles
from encoder_worker.chunks.rows import labels_error, relabelled, touched_row
from encoder_worker.chunks.stores import Stores
from shared.domain.chunk import ChunkClaim
from shared.domain.collection import CollectionIdentity
from shared.domain.image import ImageRow, StoredImage
from shared.errors import PictureError
from shared.files.uris import UPLOAD_SCHEME
from shared.ledger import HeldRows, RowLock
from shared.log import get_logger
from shared.retry import RetryPolicy
from shared.store import PictureRegions, places, require_vectors

_log = get_logger(__name__)

#: Pictures whose regions are written in one call, of five hundred rows at most.
_REGIONS_BATCH = 100


class _Refused(NamedTuple):
    planned: PlannedRow
    why: PictureError


class ChunkWriter:
    """Writes the rounds of one chunk. `stores` are without a retry, `retry` is for the whole."""

    def __init__(
        self,
        claim: ChunkClaim,
        identity: CollectionIdentity,
        stores: Stores,
        row_files: RowFiles,
        retry: RetryPolicy,
    ) -> None:
        self._claim = claim
        self._identity = identity
        self._spec = claim.spec
        self._stores = stores
        self._row_files = row_files
        self._retry = retry

    def write(self, writes: ChunkWrites) -> None:
        """Write a round. A worker killed anywhere in it leaves no content without a row.

        Rows have the tags and metadata that are stored by then, and those of the job. Other loads
        are told before it takes over rows of theirs, and a repeated scan of theirs looks for rows
        first. Rows that are about to be replaced are kept for the files that have their contents
        now, and a row is deleted only after another one has its content. The picture of an upload
        that was deleted meanwhile is a failure, `missing`. A file whose row has no room for the
        job's tags and metadata is one, `labels_too_large`: its row stays as it is, and that of a
        moved file moves as it is. Raises JobEnded, ShuttingDown, NotFound.
        """
        wanted = self._lock(writes)
        if wanted.ids:
            for refused in self._retry(self._write, writes, wanted):
                writes.result.refuse(*refused)

    def _lock(self, writes: ChunkWrites) -> RowLock:
        planned = (*writes.rows, *writes.touched)
        ids = {row.row.id for row in planned} | {row.stored.id for row in planned if row.stored}
        removed = {*writes.superseded, *(file.id for file in writes.left)}
        return RowLock(
            self._spec.collection,
            sorted(ids | removed),
            writer=self._spec.id,
            changes_labels=bool(removed) or any(row.labels_change for row in planned),
            chunk=(self._spec.id, self._claim.chunk_id),
        )

    def _write(self, writes: ChunkWrites, wanted: RowLock) -> Sequence[_Refused]:
        """Returns the rows that were not written as they should be."""
        collection, generation = self._spec.collection, self._spec.generation
        writer = self._stores.writer
        with self._stores.row_locks.hold(wanted, self._retry.sleep) as held:
            rows, touched, replaced = writes.rows, writes.touched, writes.replaced
            changed = held.has_changed_since(writes.read_at)
            if touched or changed or any(labels_error(planned.row) for planned in rows):
                fresh = self._stores.images.get_many(collection, wanted.ids, strong=True)
                rows = [_with_labels(row, fresh, self._claim) for row in rows]
                touched = _still_stored(touched, fresh, self._claim)
                replaced = [_as_stored(image, fresh) for image in replaced]
            refused = _refused((*rows, *touched))
            stay = {planned.row.id for planned, _ in refused if not planned.takes_over}
            rows = [_as_it_was(row) for row in rows if row.row.id not in stay]
            touched = [row for row in touched if row.row.id not in stay]
            self._stores.jobs.account(_without(writes.taken_over, stay))
            replaced = [image for image in replaced if image.row.id not in stay]
            if not self._stores.moves.keep(self._spec.id, replaced):
                _log.warning("replaced_rows_not_kept", rows=len(replaced))
            missing = [row for row in rows if self._is_deleted(row)]
            lost = {row.row.id for row in missing}
            rows = [row for row in rows if row.row.id not in lost]
            if rows:
                # Under the locks: a re-encoding that has begun since waits for them.
                identity = self._stores.collections.identity(collection)
                identity.require_generation(generation)
                vectors = self._vectors(rows)
                require_vectors(identity, [row.row.id for row in rows], vectors)
                self._write_regions(identity, rows, held)
                held.require_time()
                writer.write(identity, [row.row for row in rows], vectors)
            held.require_time()
            if touched:
                writer.update_keeping_vector(collection, [row.row for row in touched], generation)
            left = [file.id for file in writes.left if self._row_files.look(file) == "gone"]
            if writes.superseded or left:
                gone = [*writes.superseded, *left]
                writer.delete(collection, gone, generation, held=held)
        deleted = PictureError("missing", "The upload was deleted.")
        return [*refused, *(_Refused(planned, deleted) for planned in missing)]

    def _vectors(self, rows: Sequence[PlannedRow]) -> dict[str, dict[str, NDArray[np.float32]]]:
        """The vectors of rows by id, for each fingerprint that the chunk was encoded for."""
        found: dict[str, dict[str, NDArray[np.float32]]] = {}
        if (following := self._identity.next) is not None:
            found[following.fingerprint] = {
                row.row.id: row.next_vector for row in rows if row.next_vector is not None
            }
        found[self._identity.fingerprint] = {
            row.row.id: row.vector for row in rows if row.vector is not None
        }
        return found

    def _write_regions(
        self, identity: CollectionIdentity, rows: Sequence[PlannedRow], held: HeldRows
    ) -> None:
        """Before the rows: one that is there has the regions of its content."""
        if not identity.regions:
            return
        for place in places(identity):
            is_first = place.fingerprint == self._identity.fingerprint
            regions = [
                PictureRegions(planned.row.id, planned.row.sha256, vectors)
                for planned in rows
                if (vectors := planned.regions if is_first else planned.next_regions) is not None
            ]
            for start in range(0, len(regions), _REGIONS_BATCH):
                held.require_time()
                batch = regions[start : start + _REGIONS_BATCH]
                self._stores.regions.write(self._spec.collection, place.edition, batch)

    def _is_deleted(self, planned: PlannedRow) -> bool:
        """Whether a file is an upload that was deleted: it would be a row without a file."""
        uri = planned.row.uri
        return uri.startswith(UPLOAD_SCHEME) and not self._row_files.exists(uri)


def _with_labels(
    planned: PlannedRow, fresh: Mapping[str, ImageRow], claim: ChunkClaim
) -> PlannedRow:
    own, stored = fresh.get(planned.row.id), planned.stored
    if stored is None or stored.id == planned.row.id:
        stored = own
    else:
        # A moved file: an earlier attempt may have written its row, or the row it takes over has
        # another content by now, and with it other labels.
        found = (own, fresh.get(stored.id))
        stored = next((row for row in found if row and row.sha256 == planned.row.sha256), stored)
    row = relabelled(planned.row, planned.ref, claim.spec, stored)
    return planned._replace(row=row, stored=stored)


def _still_stored(
    touched: Sequence[PlannedRow], fresh: Mapping[str, ImageRow], claim: ChunkClaim
) -> list[PlannedRow]:
    """Rows to touch, as they are stored; without those that are gone or have another content."""
    found = [(planned, fresh.get(planned.row.id)) for planned in touched]
    return [
        planned._replace(row=touched_row(planned.ref, claim.spec, stored), stored=stored)
        for planned, stored in found
        if stored is not None and stored.sha256 == planned.row.sha256
    ]


def _as_stored(image: StoredImage, fresh: Mapping[str, ImageRow]) -> StoredImage:
    row = fresh.get(image.row.id)
    return image._replace(row=row) if row and row.sha256 == image.row.sha256 else image


def _refused(rows: Sequence[PlannedRow]) -> list[_Refused]:
    return [_Refused(row, why) for row in rows if (why := labels_error(row.row))]


def _as_it_was(planned: PlannedRow) -> PlannedRow:
    """A row to write; that of a moved file without the labels for which it has no room."""
    stored = planned.stored
    if stored is None or labels_error(planned.row) is None:
        return planned
    labels = {"tags": stored.tags, "metadata": stored.metadata}
    return planned._replace(row=planned.row.model_copy(update=labels))


def _without(
    ids_by_job: Mapping[str, Sequence[str]], left_out: Collection[str]
) -> dict[str, list[str]]:
    found = {job: [i for i in ids if i not in left_out] for job, ids in ids_by_job.items()}
    return {job: ids for job, ids in found.items() if ids}
