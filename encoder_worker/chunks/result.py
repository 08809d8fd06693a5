"""The results of a chunk's files, collected stage by stage."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from encoder_worker.chunks.matching import Match
from shared.domain.chunk import ChunkOutcome, FileRef
from shared.domain.image import ImageRow, IndexedFile, StoredImage
from shared.domain.job import Failure
from shared.errors import PictureError
from shared.pictures.square import Picture


@dataclass
class ChunkResult:
    """Counts of one attempt at a chunk; every file is counted once."""

    attempt: int
    indexed: int = 0
    bytes: int = 0
    encode_seconds: float = 0.0
    #: How many of the unchanged took over another uri's row.
    moved: int = 0
    unchanged: list[str] = field(default_factory=list)
    duplicates: list[str] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)

    def fail(self, ref: FileRef, error: PictureError) -> None:
        self.failures.append(
            Failure(
                uri=ref.uri,
                code=error.code,
                reason=error.detail,
                attempts=self.attempt,
                size=ref.size,
                mtime_ns=ref.mtime_ns,
                name=ref.name,
            )
        )

    def outcome(self) -> ChunkOutcome:
        return ChunkOutcome(
            indexed=self.indexed,
            unchanged=len(self.unchanged),
            moved=self.moved,
            duplicates=len(self.duplicates),
            failures=tuple(self.failures),
            duplicate_ids=tuple(self.duplicates),
            unchanged_ids=tuple(self.unchanged),
            bytes=self.bytes,
            encode_seconds=self.encode_seconds,
        )


class Decoded(NamedTuple):
    match: Match
    picture: Picture


@dataclass
class ChunkWrites:
    """What a chunk will write: rows with their vectors, rows without, rows to delete.

    `replaced` are rows that have another content after this, `left` the files of rows that were
    moved.
    """

    result: ChunkResult
    rows: list[ImageRow] = field(default_factory=list)
    vectors: list[NDArray[np.float32]] = field(default_factory=list)
    touched: list[ImageRow] = field(default_factory=list)
    superseded: list[str] = field(default_factory=list)
    replaced: list[StoredImage] = field(default_factory=list)
    left: list[IndexedFile] = field(default_factory=list)
    #: Ids of images whose rows another job wrote, by that job.
    taken_over: dict[str, list[str]] = field(default_factory=dict)

    def add(self, row: ImageRow, vector: Sequence[float] | NDArray[np.float32]) -> None:
        """Write a row with its vector, 512 floats."""
        self.rows.append(row)
        self.vectors.append(np.asarray(vector, np.float32))
