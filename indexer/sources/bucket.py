"""A bucket as a source: its objects, and which of those it had are missing."""

from collections.abc import Callable, Generator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import unquote

from indexer.sources import Batch, FoundFile
from indexer.sources.patterns import Selection
from shared.domain.bucket import BucketLocation, parse
from shared.domain.image import image_id
from shared.domain.job import BucketSource, Failure
from shared.errors import JobFailed, PictureError
from shared.files.formats import SNIFF_BYTES, has_picture_extension, sniff
from shared.sources import Files, FileStatus
from shared.sources.buckets import BucketObject

#: Objects of one request of a listing, which is as many as clouds answer with.
PAGE = 1000
#: Objects without an extension whose first bytes are read at once.
_LOOKS = 16


class BucketListing:
    """The objects of a bucket in the order of their keys, which is what a cursor is.

    Of objects whose names have an extension only pictures' are taken: each look into one is a
    request. Those without any are told by their first bytes.
    """

    noun = "bucket"

    def __init__(self, source: BucketSource, files: Files) -> None:
        self._location = parse(source.url)
        self._selection = Selection(source.pattern, source.exclude)
        self._files = files
        self.prefix = self._location.uri + "/"
        self.covers_all = self._selection.everything
        self.filesystems: Mapping[str, str] = {}

    def batches(self, cursor: str) -> Generator[Batch, None, None]:
        """As `Listing.batches`; a batch is a page."""
        last, is_ordered = cursor, True
        for objects in self._pages(cursor):
            batch = Batch()
            for item in objects:
                # Some stores list in no order: from none of their keys a listing can go on.
                is_ordered = is_ordered and item.key > last
                last = item.key
                self._add(batch, item)
            batch.cursor = last if is_ordered else ""
            yield batch

    def are_pictures(self, files: Sequence[FoundFile]) -> Sequence[bool]:
        """As `Listing.are_pictures`."""
        unknown = [file for file in files if "." not in file.name and file.size]
        with ThreadPoolExecutor(_LOOKS) as threads:
            looked = dict(zip(unknown, threads.map(self._is_picture, unknown), strict=True))
        return [looked.get(file, has_picture_extension(file.name)) for file in files]

    def covers(self, uri: str) -> bool:
        """As `Synced.covers`."""
        return self._selection.matches(unquote(uri.removeprefix(self.prefix)))

    def identities(self) -> Mapping[str, tuple[int, int]]:
        """As `Synced.identities`: a bucket has none."""
        return {}

    def is_missing(self, uri: str) -> bool:
        """As `Synced.is_missing`."""
        try:
            self._files.status(uri, "")
        except PictureError as error:
            return error.code == "missing" and self._is_there()
        return False

    def missing(self) -> Callable[[str], bool]:
        """As `Synced.missing`: listed again, of which 8 bytes of each object's id are kept."""
        listed = {_short_id(self._uri(item.key)) for objects in self._pages("") for item in objects}
        return lambda uri: _short_id(uri) not in listed

    def is_empty(self) -> bool:
        """As `Synced.is_empty`."""
        return all(len(objects) == 0 for objects in self._pages(""))

    def _pages(self, after: str) -> Generator[Sequence[BucketObject], None, None]:
        try:
            yield from self._files.buckets.objects(self._location, after, PAGE)
        except PictureError as error:
            raise _lost(error) from error

    def _add(self, batch: Batch, item: BucketObject) -> None:
        relative = item.key.removeprefix(self._location.key).removeprefix("/")
        names = relative.split("/")
        is_hidden = any(name.startswith(".") for name in names) and item.error is None
        if is_hidden or not self._selection.matches(relative):
            batch.ignored += 1
        elif item.error is None:
            batch.files.append(FoundFile(self._uri(item.key), "", names[-1], *item.status))
        elif has_picture_extension(item.key):
            batch.failures.append(_failure(self._uri(item.key), item.status, item.error))
        else:
            batch.ignored += 1

    def _uri(self, key: str) -> str:
        return BucketLocation(self._location.scheme, self._location.bucket, key).uri

    def _is_picture(self, file: FoundFile) -> bool:
        try:
            return sniff(self._files.buckets.head(file.uri, SNIFF_BYTES)) is not None
        except PictureError:
            return True  # The encoder meets the same error, and reports it.

    def _is_there(self) -> bool:
        """Whether the bucket answers, so that an object that it has not is missing."""
        try:
            for _ in self._files.buckets.objects(self._location, "", 1):
                break
        except PictureError:
            return False
        return True


def _lost(error: PictureError) -> JobFailed:
    """The error of a job whose bucket cannot be listed."""
    match error.code:
        case "missing":
            return JobFailed("source_missing", "There is no such bucket.")
        case "outside_roots":
            return JobFailed(
                "source_outside_roots",
                "The bucket is none of those that may be read (LOOKALIKE_BUCKET_ROOTS).",
            )
    return JobFailed("source_unreadable", error.detail)


def _failure(uri: str, status: FileStatus, error: PictureError) -> Failure:
    size, mtime_ns = status
    return Failure(uri=uri, code=error.code, reason=error.detail, size=size, mtime_ns=mtime_ns)


def _short_id(uri: str) -> int:
    return int(image_id(uri)[:16], 16)
