"""A chunk of a re-encoding: images whose rows stay, and get vectors in the next edition.

A picture is encoded from its source, where the source has the row's content still. The row is read
and written to the next edition under its lock, so that no change of it is lost between the two.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from encoder_worker.chunks.content_encoding import Attempt, ContentEncoding, EncodedContent
from encoder_worker.chunks.reading import batches
from encoder_worker.chunks.result import ChunkResult
from encoder_worker.chunks.stages import Stages
from encoder_worker.chunks.stores import Stores
from shared.domain.chunk import ChunkClaim, ChunkOutcome, FileRef
from shared.domain.collection import CollectionIdentity, Edition
from shared.domain.image import ImageRow
from shared.errors import JobFailed, PictureError
from shared.ledger import RowLock
from shared.retry import RetryPolicy
from shared.store import PictureRegions

#: How often an image is encoded whose content others change meanwhile.
_TRIES = 5


class ReencodedChunk:
    """One attempt at a chunk. `stores` are under `retry`, `once` are without one, for the whole."""

    def __init__(
        self,
        stages: Stages,
        claim: ChunkClaim,
        stores: Stores,
        once: Stores,
        retry: RetryPolicy,
    ) -> None:
        self._stages = stages
        self._claim = claim
        self._collection = claim.spec.collection
        self._stores = stores
        self._once = once
        self._retry = retry
        self._result = ChunkResult(claim.attempt)
        self._done = self._gone = 0

    def process(self, identity: CollectionIdentity) -> ChunkOutcome:
        """Encode what lacks a vector. Counts as `indexed` all images that have one at the end.

        Images that are gone by now are `unchanged`. Raises JobFailed, JobEnded, ShuttingDown,
        EncoderFailed, DecoderUnavailable, NotFound.
        """
        following = self._following(identity)
        for batch in batches(self._claim.files):
            left: Sequence[FileRef] = batch
            for _ in range(_TRIES):
                left = self._process(identity, following, left)
                if not left:
                    break
            for ref in left:
                self._result.fail(ref, _changed())
        return self._outcome()

    def _following(self, identity: CollectionIdentity) -> Edition:
        if identity.next is None or identity.next.job != self._claim.spec.id:
            raise JobFailed("reencoding_given_up", "The re-encoding was given up.")
        return identity.next

    def _process(
        self, identity: CollectionIdentity, following: Edition, refs: Sequence[FileRef]
    ) -> list[FileRef]:
        """Returns those whose contents were changed meanwhile."""
        self._stages.check_stopping()
        ids = [ref.id for ref in refs]
        rows = self._stores.images.get_many(self._collection, ids, strong=True)
        beside = self._stores.writer.contents_beside(identity, ids)
        wanted = [
            ref for ref in refs if ref.id in rows and beside.get(ref.id) != rows[ref.id].sha256
        ]
        if following.fingerprint == identity.fingerprint:
            encoded = self._taken_over(identity, wanted, rows)
        else:
            encoded = self._encoded(following, identity.regions, wanted, rows)
        errors = {image: each for image, each in encoded.items() if isinstance(each, PictureError)}
        made = {image: each for image, each in encoded.items() if isinstance(each, EncodedContent)}
        lock = RowLock(
            self._collection,
            [ref.id for ref in refs],
            writer=self._claim.spec.id,
            changes_labels=False,
            chunk=(self._claim.spec.id, self._claim.chunk_id),
        )
        contents = {ref.id: rows[ref.id].sha256 for ref in wanted}
        there, gone = self._retry(self._write, lock, contents, made)
        self._done += len(there)
        self._gone += len(gone)
        left = [ref for ref in refs if ref.id not in there | gone]
        for ref in left:
            if ref.id in errors:
                self._result.fail(ref, errors[ref.id])
        return [ref for ref in left if ref.id not in errors]

    def _taken_over(
        self, identity: CollectionIdentity, refs: Sequence[FileRef], rows: Mapping[str, ImageRow]
    ) -> dict[str, Attempt]:
        """The vectors that images have: only the index is to be another one."""
        contents = {ref.id: rows[ref.id].sha256 for ref in refs}
        stored = self._stores.writer.stored_in(identity, list(contents))
        regions: Mapping[str, NDArray[np.float32]] = {}
        if identity.regions:
            regions = self._stores.regions.read(identity.name, identity.edition, contents)
        return {
            image: EncodedContent(np.asarray(found.vector, np.float32), regions.get(image), 0.0)
            for image, found in stored.items()
            if found.row.sha256 == contents[image]
        }

    def _encoded(
        self,
        following: Edition,
        regions: bool,
        refs: Sequence[FileRef],
        rows: Mapping[str, ImageRow],
    ) -> dict[str, Attempt]:
        """The vectors of images from their sources, or why there are none."""
        read: dict[str, bytes] = {}
        found: dict[str, Attempt] = {}
        for ref, content in zip(
            refs, self._stages.reader.read(refs, self._collection), strict=True
        ):
            if isinstance(content, PictureError):
                found[ref.id] = content
            elif content.sha256 != rows[ref.id].sha256:
                found[ref.id] = _changed()
            else:
                read[ref.id] = content.data
                self._result.bytes += len(content.data)
        suspects = self._claim.attempt > 1
        decode = self._stages.decode_suspects if suspects else self._stages.decode
        encoding = ContentEncoding(self._stages, decode, following.pooling, regions=regions)
        for image, each in zip(read, encoding.encode(list(read.values())), strict=True):
            found[image] = each
            if isinstance(each, EncodedContent):
                self._result.encode_seconds += each.seconds
        return found

    def _write(
        self,
        lock: RowLock,
        contents: Mapping[str, str],
        encoded: Mapping[str, EncodedContent],
    ) -> tuple[set[str], set[str]]:
        """Write what was encoded; returns the ids that have a vector by now, and those gone."""
        once = self._once
        with once.row_locks.hold(lock, self._retry.sleep) as held:
            identity = once.collections.identity(self._collection)
            following = self._following(identity)
            rows = once.images.get_many(self._collection, lock.ids, strong=True)
            beside = once.writer.contents_beside(identity, lock.ids)
            fresh = [
                rows[image]
                for image in encoded
                if image in rows and rows[image].sha256 == contents[image]
            ]
            if identity.regions:
                pictures = [
                    PictureRegions(row.id, row.sha256, regions)
                    for row in fresh
                    if (regions := encoded[row.id].regions) is not None
                ]
                held.require_time()
                once.regions.write(self._collection, following.home, pictures)
            held.require_time()
            gone = sorted(beside.keys() - rows.keys())
            vectors = {row.id: encoded[row.id].vector for row in fresh}
            once.writer.put_beside(identity, fresh, vectors, gone)
        there = {image for image in rows if beside.get(image) == rows[image].sha256} | {*vectors}
        return there, {*lock.ids} - rows.keys()

    def _outcome(self) -> ChunkOutcome:
        result = self._result
        return ChunkOutcome(
            indexed=self._done,
            unchanged=self._gone,
            failures=tuple(result.failures),
            bytes=result.bytes,
            encode_seconds=result.encode_seconds,
        )


def _changed() -> PictureError:
    return PictureError(
        "source_changed",
        "The file has another content than its image. Load it again, then start the re-encoding "
        "again.",
    )
