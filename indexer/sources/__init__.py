"""Where the files of a job come from: a directory, or a list in the ledger."""

from dataclasses import dataclass, field
from typing import NamedTuple

from shared.domain.job import Failure


class FoundFile(NamedTuple):
    """A regular file. `path` is real, links resolved; "" where it is not to be looked into.

    `label` is what an uploader called it.
    """

    uri: str
    path: str
    name: str
    size: int
    mtime_ns: int
    label: str | None = None


@dataclass
class Batch:
    """Some files of a source, and what was met on the way to them."""

    files: list[FoundFile] = field(default_factory=list)
    ignored: int = 0
    failures: list[Failure] = field(default_factory=list)
