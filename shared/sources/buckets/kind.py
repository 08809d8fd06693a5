"""Objects in buckets under LOOKALIKE_BUCKET_ROOTS: `s3://bucket/in/b.jpg`."""

import io
import threading
from collections.abc import Callable, Iterator, Sequence

import obstore
from obstore.exceptions import InvalidPathError
from obstore.store import ObjectStore

from shared.domain.bucket import BucketLocation, is_within, parse
from shared.errors import PictureError
from shared.settings import Settings
from shared.sources.buckets.folders import folders_below
from shared.sources.buckets.objects import BucketObject, is_usable, object_status
from shared.sources.buckets.range_file import RangeFile
from shared.sources.buckets.read_ahead import read_ahead
from shared.sources.buckets.s3_pages import S3Pages
from shared.sources.buckets.stores import ERRORS, error_of, is_ordered, open_store
from shared.sources.kind import FileStatus, OpenedFile
from shared.sources.stamps import same_tag

#: Smaller objects are read whole when they are opened: one request for each.
_WHOLE_BYTES = 8 << 20

#: Objects of one request.
_PAGE = 1000

StoreOpener = Callable[[BucketLocation], ObjectStore]


class BucketFiles:
    """An object is unchanged while its size and its ETag are. None is ever moved."""

    can_move = False
    is_remote = True

    def __init__(
        self, settings: Settings, *, serving: bool = False, opener: StoreOpener | None = None
    ) -> None:
        self._settings = settings
        self._opener = opener or (lambda location: open_store(location, settings, serving=serving))
        self._lock = threading.Lock()
        self._stores: dict[tuple[str, str], ObjectStore] = {}

    def objects(
        self, location: BucketLocation, after: str, page: int
    ) -> Iterator[Sequence[BucketObject]]:
        """Pages of the objects below a location whose keys come after one, in the bucket's order.

        Raises PictureError as `FileKind` says, `missing` if there is no such bucket.
        """
        store = self._store(location)

        def pages(folder: str, last: str) -> Iterator[Sequence[BucketObject]]:
            return self._pages(store, location, folder, last, page)

        if is_ordered(location, self._settings):
            return read_ahead(pages, location.key, after)
        return pages(location.key, after)

    def folders(
        self, location: BucketLocation, after: str, limit: int
    ) -> tuple[Sequence[str], str | None]:
        """As `folders_below`, of a location. Raises PictureError as `objects` does."""
        store = self._store(location)

        def pages(folder: str, last: str) -> Iterator[Sequence[BucketObject]]:
            return self._pages(store, location, folder, last, _PAGE)

        return folders_below(pages, location.key, after, limit)

    def _pages(
        self, store: ObjectStore, location: BucketLocation, folder: str, after: str, page: int
    ) -> Iterator[Sequence[BucketObject]]:
        refused: InvalidPathError | ValueError = ValueError("the key cannot be begun after")
        if is_usable(after):
            try:
                # An object that is named as the prefix itself would not be below it.
                found = obstore.list(store, folder or None, offset=after or None, chunk_size=page)
                for objects in found:
                    yield [BucketObject(item["path"], _status(item)) for item in objects]
                    after = objects[-1]["path"]
            except InvalidPathError as error:
                refused = error
            except ERRORS as error:
                raise error_of(error) from None
            else:
                return
        own = S3Pages(location.bucket, self._settings)
        if location.scheme != "s3" or not own.is_possible:
            raise error_of(refused) from None
        yield from own.after(folder, after, page)

    def head(self, uri: str, size: int) -> bytes:
        """The first bytes of an object. Raises PictureError as `FileKind` says."""
        location = self._location(uri)
        try:
            return bytes(obstore.get_range(self._store(location), location.key, start=0, end=size))
        except ERRORS as error:
            raise error_of(error) from None

    def status(self, uri: str, collection: str) -> FileStatus:  # noqa: ARG002 - for all alike
        """As `FileKind.status`."""
        location = self._location(uri)
        try:
            return _status(obstore.head(self._store(location), location.key))
        except ERRORS as error:
            raise error_of(error) from None

    def open(self, uri: str, collection: str) -> OpenedFile:  # noqa: ARG002 - for all alike
        """As `FileKind.open`: a small object whole, a large one by ranges as they are read."""
        location = self._location(uri)
        store = self._store(location)
        try:
            reply = obstore.get(store, location.key)
            status = _status(reply.meta)
            if status.size <= _WHOLE_BYTES:
                return OpenedFile(io.BytesIO(bytes(reply.bytes())), status)
            tag = reply.meta["e_tag"]
        except ERRORS as error:
            raise error_of(error) from None
        if status.size > self._settings.max_file_bytes:
            mib = self._settings.max_file_mb
            raise PictureError("too_large", f"The file is larger than the limit of {mib} MiB.")
        file = RangeFile(store, location.key, status.size, tag)
        return OpenedFile(io.BufferedReader(file), status)

    def sequence(self, uri: str) -> str | None:  # noqa: ARG002 - of no object
        """As `FileKind.sequence`."""
        return None

    def is_unchanged(self, known: FileStatus, found: FileStatus) -> bool:
        """As `FileKind.is_unchanged`."""
        return known.size == found.size and same_tag(known.mtime_ns, found.mtime_ns)

    def close(self) -> None:
        """As `FileKind.close`."""
        with self._lock:
            self._stores.clear()

    def _location(self, uri: str) -> BucketLocation:
        try:
            return parse(uri, quoted=True)
        except ValueError as error:
            raise PictureError("unreadable", "The uri does not name an object.") from error

    def _store(self, location: BucketLocation) -> ObjectStore:
        if not is_within(location, self._settings.bucket_roots):
            raise PictureError(
                "outside_roots",
                "The object is outside the buckets that may be read (LOOKALIKE_BUCKET_ROOTS).",
            )
        with self._lock:
            name = (location.scheme, location.bucket)
            if name not in self._stores:
                try:
                    self._stores[name] = self._opener(location)
                except ERRORS as error:
                    raise error_of(error) from None
            return self._stores[name]


def _status(meta: "obstore.ObjectMeta") -> FileStatus:
    return object_status(meta["size"], meta["last_modified"], meta["e_tag"])
