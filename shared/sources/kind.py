"""What each kind of place that files are in has to know of them.

A kind of source is added in three steps:

1. Here: a class that satisfies `FileKind`, for the uris of its images, put into
   `shared.sources.files.Files`. The encoder reads with it, and the gateway serves with it.
2. In the indexer: a class that satisfies `indexer.sources.Listing`, put into
   `indexer.scan.listings`, and `Synced` where `sync` has a meaning.
3. Its source in `shared.domain.job.Source`, and in `gateway.schemas.jobs` what a caller may say of
   it; `gateway.services.loads` checks that, and queues the job.

`tests/unit/indexer/sources/test_every_kind.py` is the contract that every kind passes: a new one
adds how its place is made, changed and taken away.
"""

from dataclasses import dataclass
from typing import IO, NamedTuple, Protocol

#: The `size` of what is no regular file: a directory, a device.
DIRECTORY_SIZE = -1


class FileStatus(NamedTuple):
    """What tells whether a file changed. `size` in bytes, or DIRECTORY_SIZE.

    `mtime_ns` is stored with an image and compared by its kind alone (`FileKind.is_unchanged`): the
    file's time, in nanoseconds since 1970, or a time and a tag (`shared.sources.stamps`).
    """

    size: int
    mtime_ns: int


@dataclass(frozen=True)
class OpenedFile:
    """An open file: `file` can be read from anywhere, more than once. Whoever asks closes it.

    What was checked is what is read, whatever becomes of its name meanwhile. `file` has a
    descriptor of its own (`fileno`) only where it is a file on disk.
    """

    file: IO[bytes]
    status: FileStatus


class FileKind(Protocol):
    """The files of one kind of uri. Threads share an object; it holds what is worth keeping.

    Methods raise PictureError: `missing` if there is no such file where it should be, and the place
    itself was reached; `outside_roots` if the settings do not allow it, whether it exists or not;
    `unreadable` or another code if that cannot be told or read now. Details name no secret.
    """

    @property
    def can_move(self) -> bool:
        """Whether a file may take over the row of one that is `missing`.

        Only where a file that is missing was renamed more often than not.
        """

    @property
    def is_remote(self) -> bool:
        """Whether opening waits for a network, so that many should be opened at once."""

    def status(self, uri: str, collection: str) -> FileStatus:
        """The size and time of a file, without reading it."""

    def open(self, uri: str, collection: str) -> OpenedFile:
        """Open a file."""

    def sequence(self, uri: str) -> str | None:
        """What has to be read in order, if this file is part of such a thing.

        Files of one sequence are best opened by one thread, in the order of their listing.
        """

    def is_unchanged(self, known: FileStatus, found: FileStatus) -> bool:
        """Whether a file that was `known` and is `found` so now has the same content."""

    def close(self) -> None:
        """Free what is held. The object cannot be used afterwards."""
