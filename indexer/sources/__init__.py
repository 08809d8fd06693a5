"""Where the files of a job come from, as its scan sees them.

A kind of source is a `Listing`; see `shared.sources.kind` for the other parts of one.
"""

from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from shared.domain.job import Failure


class FoundFile(NamedTuple):
    """A file of a source. `size` and `mtime_ns` as in `shared.sources.FileStatus`.

    `path` is its real path, or "" if it is no file on a disk. `label` is the file name that an
    uploader gave, `source_url` the address that it was fetched from.
    """

    uri: str
    path: str
    name: str
    size: int
    mtime_ns: int
    label: str | None = None
    source_url: str | None = None


@dataclass
class Batch:
    """Files of a source, with the entries ignored and the failures since the batch before.

    `cursor` is where a listing that is begun again may go on after this batch; empty where it has
    to begin anew.
    """

    files: list[FoundFile] = field(default_factory=list)
    ignored: int = 0
    failures: list[Failure] = field(default_factory=list)
    cursor: str = ""


class Listing(Protocol):
    """The files of one job's source. An object is for one listing.

    Methods raise JobFailed where the source cannot be reached, or not whole: `source_missing`,
    `source_unreadable`, `source_outside_roots` and codes of the kind. That a file of it cannot be
    read is a failure in a batch.
    """

    def batches(self, cursor: str) -> Generator[Batch, None, None]:
        """All files, in batches of a thousand or so and of a second at most.

        Memory must not grow with the source. `cursor` is '' or that of a batch of an earlier
        listing, whose files up to there are left out. A kind with cursors lists in an order that
        does not change while files come and go.
        """

    def are_pictures(self, files: Sequence[FoundFile]) -> Sequence[bool]:
        """Whether an encoder should see each of some files, which are new or changed.

        By its name, or by its first bytes where it has another one.
        """

    @property
    def filesystems(self) -> Mapping[str, str]:
        """The file systems that were found, by uris of directories (`shared.files.filesystems`)."""


class Synced(Listing, Protocol):
    """A listing whose missing files `sync` may forget: see `indexer.scan.prune`.

    `noun` is what such a source is called in a message.
    """

    @property
    def noun(self) -> str: ...

    @property
    def prefix(self) -> str:
        """The folder of all uris of the source, which ends in a slash."""

    @property
    def covers_all(self) -> bool:
        """Whether the source covers what is below the prefix, but for what is in archives there."""

    def covers(self, uri: str) -> bool:
        """Whether a uri below the prefix is one that the source would list, if it were there."""

    def identities(self) -> Mapping[str, tuple[int, int]]:
        """What must be as before while files are forgotten: places, with what tells each."""

    def is_missing(self, uri: str) -> bool:
        """Whether there is no such file now; False if that cannot be told."""

    def missing(self) -> Callable[[str], bool]:
        """Look at the source again, now: returns a function as `is_missing`, quick to ask.

        Raises JobFailed if the source cannot be reached: nothing is forgotten then.
        """

    def is_empty(self) -> bool:
        """Whether the source has nothing at all, as where no disk is mounted. Raises JobFailed."""
