"""Where the files of a job come from: a directory, or a list in the ledger."""

from dataclasses import dataclass, field
from typing import NamedTuple

from shared.domain.job import Failure


class FoundFile(NamedTuple):
    """A regular file. `path` is its real path, or "" if its first bytes need not be checked.

    `label` is the file name that an uploader gave, `source_url` where it was fetched from.
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
    """Files of a source, with the entries ignored and the failures since the batch before."""

    files: list[FoundFile] = field(default_factory=list)
    ignored: int = 0
    failures: list[Failure] = field(default_factory=list)
