"""A job that encodes a collection's images anew, beside the vectors that are searched meanwhile.

From its begin on every write goes to both editions. It has the encoders fill the next one, image by
image under their locks, compares the two, and has the next one searched from one moment on.
"""

import heapq
import itertools
import time
from collections.abc import Iterator

from indexer.scan.chunk_producer import ChunkProducer
from indexer.scan.context import ScanContext, ScanSuspended
from shared.domain.chunk import FileRef
from shared.domain.collection import Edition
from shared.domain.fingerprint import fingerprint
from shared.domain.image import IndexedFile, image_id
from shared.domain.job import ReencodingSource
from shared.errors import JobFailed
from shared.ledger import RowLock, edition_lock
from shared.log import get_logger
from shared.store import KNOWN_SECONDS

_log = get_logger(__name__)

#: Images that are compared under their locks at a time.
_BATCH = 500
#: How often images are given to the encoders that lack a new vector for no known reason.
_ROUNDS = 3
#: Beyond `KNOWN_SECONDS`, whose clocks are those of other processes.
_MARGIN_SECONDS = 1.0
_POLL_SECONDS = 0.1
#: What is kept of a listing whose images are all in chunks.
_LISTED = "listed"
#: What the ids of chunks begin with that are no image's id.
_AGAIN = "again-"


class Reencoding:
    """One try of such a job. A repeated one goes on after the last image in a chunk."""

    def __init__(self, context: ScanContext, source: ReencodingSource) -> None:
        self._context = context
        self._source = source
        self._stores = context.stores
        self._job, self._collection = context.spec.id, context.spec.collection
        #: Without a retry, for what is repeated as a whole.
        self._once = context.stores.with_retry(None)
        self._locks = context.stores.row_locks
        self._said = 0.0

    def run(self) -> None:
        """Encode to the end.

        Raises NotFound, Conflict, JobFailed, ScanSuperseded, ScanSuspended, JobEnded, ShuttingDown.
        """
        # One lock for all tries: after an outage it is held still.
        change = edition_lock(self._collection, self._job)
        edition = self._context.retry(self._begin, change)
        if edition is not None:
            self._await_writers()
            if not self._context.start.walk:
                self._list()
                self._stores.scans.end_walk(self._job, self._context.generation)
            self._complete(edition)
            self._await_readers()
            self._context.retry(self._swap, edition, change)
        self._stores.scans.finish(self._job, self._context.generation)
        _log.info("reencoding_finished", collection=self._collection)

    def _begin(self, change: RowLock) -> Edition | None:
        """The edition that is made; None where an earlier try has put it in place."""
        generation, source = self._context.spec.generation, self._source
        with self._locks.hold(change, self._context.retry.sleep):
            self._once.jobs.require_active(self._job)
            info = self._once.collections.get(self._collection)
            info.require_generation(generation)
            made = fingerprint(info.weights, source.pooling)
            if info.kept is not None and info.kept.job == self._job:
                return None
            # What was kept may be dropped since.
            if info.next is None and (info.fingerprint, info.index) == (made, source.index):
                return None
            edition = Edition(fingerprint=made, pooling=source.pooling, index=source.index)
            return self._once.editions.begin(self._collection, generation, self._job, edition)

    def _await_writers(self) -> None:
        """Wait for those who looked for a next edition before there was one."""
        self._said = time.monotonic()
        began = self._context.retry(self._locks.now)
        while self._context.retry(self._locks.held_since, self._collection, began):
            self._context.wait_while_paused()
            self._context.retry.sleep(_POLL_SECONDS)

    def _await_readers(self) -> None:
        """Wait for those who read an earlier try's properties, or a search's, at that moment."""
        while time.monotonic() < self._said + KNOWN_SECONDS + _MARGIN_SECONDS:
            self._context.wait_while_paused()
            self._context.retry.sleep(_POLL_SECONDS)

    def _list(self) -> None:
        """Put all images into chunks, each of which is named after its last image."""
        chunks = ChunkProducer(self._context, lambda files: files[-1].id)
        last = self._stores.scans.last_chunk(self._job)
        if last.startswith(_AGAIN):
            return
        # After a strong count, the look-ups that follow see every write before it.
        self._stores.collections.count(self._collection)
        while files := self._stores.neighbours.files_after(self._collection, last):
            last = files[-1].id
            self._context.wait_while_paused()
            chunks.add(map(_ref, files))
        chunks.flush()

    def _complete(self, edition: Edition) -> None:
        """Have the next edition all images, but for those that the job may go on without."""
        for _ in range(_ROUNDS):
            chunks = ChunkProducer(self._context, lambda files: _AGAIN + files[-1].id)
            if not chunks.wait_until_reported():
                raise ScanSuspended(_LISTED)
            failed = self._context.retry(self._failed)
            missing = list(self._missing(edition))
            unknown = [file for file in missing if file.id not in failed]
            if not unknown:
                if missing and not self._source.allow_missing:
                    raise _sources_missing(len(missing))
                _log.info("editions_compared", collection=self._collection, missing=len(missing))
                return
            _log.warning("images_not_encoded", collection=self._collection, images=len(unknown))
            chunks.add(map(_ref, unknown))
            chunks.flush()
        raise JobFailed(
            "reencoding_incomplete",
            f"{len(unknown)} images have no new vector, for no reason that was reported. Are all "
            "processes of one version? Start the re-encoding again: it goes on where it is.",
        )

    def _failed(self) -> set[str]:
        return {image_id(failure.uri) for failure in self._stores.jobs.iter_failures(self._job)}

    def _missing(self, edition: Edition) -> Iterator[IndexedFile]:
        """The images that the next edition has not as they are; what it has too much is deleted."""
        identity = self._stores.collections.identity(self._collection)
        different = self._different(identity.rows, identity.rows_of(edition))
        while ids := list(itertools.islice(different, _BATCH)):
            wanted = RowLock(self._collection, ids, self._job, changes_labels=False)
            yield from self._context.retry(self._settle, wanted)

    def _different(self, rows: str, next_rows: str) -> Iterator[str]:
        """The ids that only one edition has, or with another content."""
        self._stores.collections.count(self._collection)
        both = heapq.merge(self._contents(rows), self._contents(next_rows))
        for image, found in itertools.groupby(both, key=lambda row: row[0]):
            contents = [sha256 for _, sha256 in found]
            if len(contents) != 2 or contents[0] != contents[1]:
                yield image

    def _contents(self, rows: str) -> Iterator[tuple[str, str]]:
        last = ""
        while found := self._stores.neighbours.contents_in(rows, last):
            self._context.wait_while_paused()
            last = found[-1][0]
            yield from found

    def _settle(self, wanted: RowLock) -> list[IndexedFile]:
        """As `_missing`, of some images, looked at while nobody writes them."""
        ids, stores = wanted.ids, self._once
        with self._locks.hold(wanted, self._context.retry.sleep) as held:
            identity = stores.collections.identity(self._collection)
            if identity.next is None:
                raise given_up()
            rows = stores.images.get_many(self._collection, ids, strong=True)
            beside = stores.writer.contents_beside(identity, ids)
            held.require_time()
            gone = sorted(beside.keys() - rows.keys())
            stores.writer.put_beside(identity, [], {}, gone=gone)
        return [IndexedFile.of(row) for row in rows.values() if beside.get(row.id) != row.sha256]

    def _swap(self, edition: Edition, change: RowLock) -> None:
        with self._locks.hold(change, self._context.retry.sleep):
            self._once.jobs.require_active(self._job)
            self._once.editions.swap(self._collection, edition)


def given_up() -> JobFailed:
    """That the edition that a job makes was dropped meanwhile."""
    return JobFailed("reencoding_given_up", "The re-encoding was given up.")


def _sources_missing(count: int) -> JobFailed:
    return JobFailed(
        "sources_missing",
        f"{count} images cannot be encoded any more; the failures say why. Load them again, or "
        "delete them, and start the re-encoding again: it goes on where it is. With "
        "allow_missing it goes on without them.",
    )


def _ref(file: IndexedFile) -> FileRef:
    return FileRef(uri=file.uri, size=file.bytes, mtime_ns=file.mtime_ns)
