"""An archive as a source: its members, and which of those it had are missing."""

import os
from collections.abc import Callable, Generator, Mapping, Sequence

from indexer.sources import Batch, FoundFile
from indexer.sources.batching import Batching
from shared.domain.image import image_id
from shared.domain.job import ArchiveSource, Failure
from shared.errors import JobFailed, PictureError
from shared.files.uris import MEMBER, file_uri
from shared.sources import Files
from shared.sources.archives import Member
from shared.sources.archives.limits import ArchiveError


class ArchiveListing:
    """The pictures in an archive, in its order.

    An archive that is read again is read from its beginning, which a compressed tar has to be in
    any case. One that ends too early has a failure of its own name, after what is in it.
    """

    noun = "archive"
    covers_all = True

    def __init__(self, source: ArchiveSource, files: Files) -> None:
        self._path = source.path
        self._uri = file_uri(source.path)
        self._files = files
        self.prefix = self._uri + MEMBER
        self.filesystems: Mapping[str, str] = {}

    def batches(self, cursor: str) -> Generator[Batch, None, None]:  # noqa: ARG002 - always ''
        """As `Listing.batches`."""
        batching, seen = Batching(), 0
        try:
            for member in self._files.archives.members(self._uri):
                seen += 1
                self._add(batching.batch, member)
                if batching.is_due():
                    yield batching.take()
        except PictureError as error:
            if error.code != "archive_truncated" or not seen:
                raise _lost(error) from error
            failure = Failure(uri=self._uri, code="truncated", reason=error.detail)
            batching.batch.failures.append(failure)
        yield batching.take()

    def are_pictures(self, files: Sequence[FoundFile]) -> Sequence[bool]:
        """As `Listing.are_pictures`: the listing has told them apart."""
        return [True] * len(files)

    def covers(self, uri: str) -> bool:  # noqa: ARG002 - all below the prefix
        """As `Synced.covers`."""
        return True

    def identities(self) -> Mapping[str, tuple[int, int]]:
        """As `Synced.identities`: device and inode of the archive."""
        try:
            status = os.stat(self._path)  # noqa: PTH116 - a path of any bytes, as it is
        except OSError as error:
            raise _gone() from error
        return {self._path: (status.st_dev, status.st_ino)}

    def is_missing(self, uri: str) -> bool:
        """As `Synced.is_missing`."""
        try:
            self._files.status(uri, "")
        except PictureError as error:
            return error.code == "missing" and self._is_there()
        return False

    def missing(self) -> Callable[[str], bool]:
        """As `Synced.missing`: a set of 8 bytes of each member's id is all that is kept.

        Of what is in an archive within that cannot be read whole nothing is known to be missing.
        """
        listed, unknown = set(), []
        for member in self._members():
            listed.add(_short_id(member.uri))
            if member.is_archive:
                unknown.append(member.uri + MEMBER)
        untold = tuple(unknown)
        return lambda uri: _short_id(uri) not in listed and not uri.startswith(untold)

    def is_empty(self) -> bool:
        """As `Synced.is_empty`."""
        return next(iter(self._members()), None) is None

    def _members(self) -> Generator[Member, None, None]:
        """All members that are listed; of a truncated archive it cannot be told what it had."""
        try:
            for member in self._files.archives.members(self._uri):
                if member is not None:
                    yield member
        except PictureError as error:
            raise _lost(error) from error

    def _is_there(self) -> bool:
        try:
            self._files.status(self._uri, "")
        except PictureError:
            return False
        return True

    def _add(self, batch: Batch, member: Member | None) -> None:
        if member is None:
            batch.ignored += 1
        elif member.error is not None:
            batch.failures.append(
                Failure(
                    uri=member.uri,
                    code=member.error.code,
                    reason=member.error.detail,
                    size=max(0, member.status.size),
                    mtime_ns=member.status.mtime_ns,
                )
            )
        else:
            batch.files.append(FoundFile(member.uri, "", "", *member.status))


def _gone() -> JobFailed:
    return JobFailed("source_missing", "The archive is gone. Is its disk mounted?")


def _lost(error: PictureError) -> JobFailed:
    """The error of a job whose archive cannot be read."""
    if error.code == "missing":
        return _gone()
    if error.code == "outside_roots":
        return JobFailed("source_outside_roots", "The archive is outside the image roots.")
    code = error.code if isinstance(error, ArchiveError) else "source_unreadable"
    return JobFailed(code, error.detail)


def _short_id(uri: str) -> int:
    return int(image_id(uri)[:16], 16)
