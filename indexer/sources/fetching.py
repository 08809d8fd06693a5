"""Pictures at addresses, fetched many at once and stored like uploads.

A scan that is begun again finds what was fetched before in the collection's address book, so that
nothing is fetched twice that is still there.
"""

import hashlib
import os
import tempfile
import threading
import time
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence, Set
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from indexer.sources import Batch, FoundFile
from indexer.sources.address_book import AddressBook
from shared.domain.collection import CollectionIdentity
from shared.domain.image import MAX_URI_BYTES, image_id
from shared.domain.job import Failure
from shared.errors import JobFailed, LookalikeError, PictureError, storage_error
from shared.fetch.fetcher import Fetcher, FetchLimits
from shared.fetch.urls import normalise, without_password
from shared.files.formats import SNIFF_BYTES, sniff
from shared.files.paths import upload_path
from shared.files.stored import TEMPORARY, make_folder, store, sync
from shared.files.uris import UPLOAD_SCHEME
from shared.settings import Settings

_TRIES = 4
_PAGE = 500
#: A batch is due after so many pictures or seconds, so that encoders have work early on.
_BATCH_FILES = 64
_BATCH_SECONDS = 1.0


#: Fetches the pictures at some addresses.
Fetch = Callable[[Iterable[str]], Generator[Batch, None, None]]


@dataclass(frozen=True)
class Known:
    """What a scan knows of pictures: both take ids, and return those of which it is true.

    `stored` are images of the collection; `accounted` are those that an earlier try of this scan
    has counted as failed.
    """

    stored: Callable[[Sequence[str]], set[str]]
    accounted: Callable[[Sequence[str]], set[str]]


class PictureKeeper:
    """Fetches pictures for one job, and stores them. Threads share one."""

    def __init__(
        self, target: CollectionIdentity, job: str, settings: Settings, fetcher: Fetcher
    ) -> None:
        try:
            self._folder = make_folder(target, settings)
        except OSError as error:
            raise _cannot_store(error) from error
        self._collection = target.name
        self._job = job
        self._settings = settings
        self._fetcher = fetcher
        self._book = AddressBook(self._folder)
        self._limits = FetchLimits(settings.max_file_bytes, settings.fetch_timeout_seconds, _TRIES)

    def find(self, address: str) -> tuple[FoundFile, bool] | None:
        """The stored picture of an address, and whether this job fetched it."""
        entry = self._book.find(address)
        if entry is None:
            return None
        uri = UPLOAD_SCHEME + entry.name
        try:
            status = upload_path(uri, self._collection, self._settings).stat()
        except OSError:
            return None
        found = _found(uri, status.st_size, status.st_mtime_ns, address)
        return found, entry.job == self._job

    def fetch(self, address: str, stop: threading.Event) -> FoundFile | Failure:
        """Fetch one picture. Raises JobFailed, and ShuttingDown once `stop` is set."""
        try:
            return self._fetch(address, stop)
        except PictureError as error:
            return failure(address, error)
        except OSError as error:
            raise _cannot_store(error) from error

    def _fetch(self, address: str, stop: threading.Event) -> FoundFile:
        descriptor, name = tempfile.mkstemp(prefix=TEMPORARY, dir=self._folder)
        path = Path(name)
        try:
            with os.fdopen(descriptor, "w+b") as file:
                self._fetcher.fetch(address, file, self._limits, stop)
                file.seek(0)
                found = sniff(file.read(SNIFF_BYTES))
                assert found is not None  # noqa: S101 - the fetcher has told it to be a picture
                file.seek(0)
                sha256 = hashlib.file_digest(file, "sha256").hexdigest()
            # A chunk survives a power cut, so its files must too.
            sync(path)
            stored = store(path, found, sha256, self._collection, self._settings)
            if stored.added:
                sync(stored.path.parent)
        finally:
            path.unlink(missing_ok=True)
        self._book.note(address, stored.path.name, self._job)
        return _found(stored.uri, stored.size, stored.mtime_ns, address)


class FetchListing:
    """The pictures at some addresses, as a listing; `fetch` is `fetch_all` for its job."""

    def __init__(self, addresses: Iterable[str], fetch: Fetch) -> None:
        self._addresses = addresses
        self._fetch = fetch
        self.filesystems: Mapping[str, str] = {}

    def batches(self, cursor: str) -> Generator[Batch, None, None]:  # noqa: ARG002 - always ''
        """As `Listing.batches`. There are no cursors: to pass what is known takes little time."""
        return self._fetch(self._addresses)

    def are_pictures(self, files: Sequence[FoundFile]) -> Sequence[bool]:
        """As `Listing.are_pictures`: the fetcher has looked at their first bytes."""
        return [True] * len(files)


def fetch_all(
    addresses: Iterable[str], keeper: PictureKeeper, known: Known, at_once: int
) -> Generator[Batch, None, None]:
    """The pictures at some addresses, in no order; each batch comes within a second or so.

    An address whose picture is in the collection is not asked for it. Raises JobFailed.
    """
    stop, pending = threading.Event(), set[Future[FoundFile | Failure]]()
    batch, due = Batch(), time.monotonic() + _BATCH_SECONDS
    #: What failed in this try: an address that comes again is one failure, as after a restart.
    failed: set[bytes] = set()
    pool = ThreadPoolExecutor(max_workers=at_once, thread_name_prefix="fetch")
    pages = _pages(addresses)
    wanted: list[str] | None = []
    try:
        while wanted is not None or pending:
            if wanted == []:
                wanted = _look_up(next(pages, None), keeper, known, failed, batch)
            while wanted and len(pending) < 2 * at_once:
                pending.add(pool.submit(keeper.fetch, wanted.pop(), stop))
            done, pending = wait(pending, _BATCH_SECONDS / 4, FIRST_COMPLETED)
            for future in done:
                _add(future.result(), failed, batch)
            if len(batch.files) >= _BATCH_FILES or time.monotonic() > due:
                yield batch
                batch, due = Batch(), time.monotonic() + _BATCH_SECONDS
        yield batch
    finally:
        stop.set()
        pool.shutdown(wait=False, cancel_futures=True)


def failure(address: str, error: LookalikeError) -> Failure:
    """The failure of a picture that could not be fetched."""
    name = _name(address)
    return Failure(uri=name, code=error.code, reason=error.detail, source_url=name)


def _name(address: str) -> str:
    """What a failed address is called, to all who may see the load: without a password.

    One that is too long for a name is no address at all.
    """
    name = without_password(address)
    return name if len(name.encode()) <= MAX_URI_BYTES else name[:1000]


def _pages(addresses: Iterable[str]) -> Iterator[list[str]]:
    """Addresses without empty ones, each once in a page."""
    left = iter(addresses)
    while page := list(islice(left, _PAGE)):
        yield list(dict.fromkeys(filter(None, map(normalise, page))))


def _look_up(
    page: Sequence[str] | None,
    keeper: PictureKeeper,
    known: Known,
    failed: Set[bytes],
    batch: Batch,
) -> list[str] | None:
    """Add to a batch what is known of a page; returns what is to be fetched, the last one first.

    None after the last page.
    """
    if page is None:
        return None
    fetched = {address: found for address in page if (found := keeper.find(address))}
    others = [image_id(file.uri) for file, ours in fetched.values() if not ours]
    stored = known.stored(others) if others else set()
    wanted = []
    for address in page:
        file, ours = fetched.get(address, (None, False))
        if file is not None and (ours or image_id(file.uri) in stored):
            batch.files.append(file)
        else:
            wanted.append(address)
    names = {address: image_id(_name(address)) for address in reversed(wanted)}
    accounted = known.accounted(list(names.values())) if names else set()
    return [
        address
        for address, name in names.items()
        if name not in accounted and _short(name) not in failed
    ]


def _add(result: FoundFile | Failure, failed: set[bytes], batch: Batch) -> None:
    if isinstance(result, FoundFile):
        batch.files.append(result)
        return
    name = _short(image_id(result.uri))
    if name not in failed:
        failed.add(name)
        batch.failures.append(result)


def _short(name: str) -> bytes:
    """Eight bytes of a name's id: there may be millions of them."""
    return bytes.fromhex(name[:16])


def _found(uri: str, size: int, mtime_ns: int, address: str) -> FoundFile:
    return FoundFile(uri, "", "", size, mtime_ns, source_url=address)


def _cannot_store(error: OSError) -> JobFailed:
    return JobFailed(
        storage_error(error).code,
        f"The indexer cannot store what it fetches: {error.strerror}. Free space below "
        "LOOKALIKE_DATA_DIR, or let the user that it runs as write to its folder `uploads`.",
    )
