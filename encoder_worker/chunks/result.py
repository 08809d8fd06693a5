"""The results of a chunk's files, collected stage by stage."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from encoder_worker.chunks.matching import Match
from shared.domain.chunk import ChunkClaim, ChunkOutcome, FileRef
from shared.domain.duplicates import DuplicateReport
from shared.domain.image import ImageRow, IndexedFile, StoredImage
from shared.domain.job import Failure
from shared.errors import PictureError
from shared.pictures.square import Picture

#: As what a file was counted; those that are `moved` are among the unchanged.
Counted = Literal["indexed", "unchanged", "moved"]


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
    #: Files that look like copies, some of which may have failed since.
    reports: list[DuplicateReport] = field(default_factory=list)

    @classmethod
    def all_failed(cls, claim: ChunkClaim, error: PictureError) -> Self:
        """Every file of a chunk, failed for one reason."""
        result = cls(claim.attempt)
        for ref in claim.files:
            result.fail(ref, error)
        return result

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
                source_url=ref.source_url,
            )
        )

    def refuse(self, planned: "PlannedRow", error: PictureError) -> None:
        """Count a file as a failure that was counted already."""
        if planned.counted == "indexed":
            self.indexed -= 1
        else:
            self.unchanged.remove(planned.ref.id)
            self.moved -= planned.counted == "moved"
        self.fail(planned.ref, error)

    def outcome(self) -> ChunkOutcome:
        failed = {failure.uri for failure in self.failures}
        return ChunkOutcome(
            indexed=self.indexed,
            unchanged=len(self.unchanged),
            moved=self.moved,
            duplicates=len(self.duplicates),
            failures=tuple(self.failures),
            duplicate_ids=tuple(self.duplicates),
            unchanged_ids=tuple(self.unchanged),
            reports=tuple(report for report in self.reports if report.uri not in failed),
            bytes=self.bytes,
            encode_seconds=self.encode_seconds,
        )


class Decoded(NamedTuple):
    match: Match
    picture: Picture


class PlannedRow(NamedTuple):
    """A row to write for a file, with its vector; None keeps the vector that is stored.

    `stored` is the row whose tags and metadata it has beside the job's: its own, or that of the
    file that was moved. `counted` says as what the file was counted. `regions` are of shape
    (regions, 512), in a collection that has them. The next edition has `next_vector` and
    `next_regions`, while there is one.
    """

    ref: FileRef
    row: ImageRow
    stored: ImageRow | None
    vector: NDArray[np.float32] | None = None
    counted: Counted = "indexed"
    regions: NDArray[np.float32] | None = None
    next_vector: NDArray[np.float32] | None = None
    next_regions: NDArray[np.float32] | None = None

    @property
    def takes_over(self) -> bool:
        """Whether it is the row of a moved file, which must be written whatever its labels."""
        return self.counted == "moved" and self.vector is not None

    @property
    def labels_change(self) -> bool:
        """Whether it has other tags or metadata than the row that is stored under its id."""
        before = self.stored if self.stored and self.stored.id == self.row.id else None
        now = (self.row.tags, self.row.metadata)
        return now != ((before.tags, before.metadata) if before else ((), {}))


@dataclass
class ChunkWrites:
    """What a chunk will write: rows with their vectors, rows without, rows to delete.

    `replaced` are rows that have another content after this, `left` the files of rows that were
    moved. `read_at` is Redis's time before the stored rows were read.
    """

    result: ChunkResult
    read_at: float
    rows: list[PlannedRow] = field(default_factory=list)
    touched: list[PlannedRow] = field(default_factory=list)
    superseded: list[str] = field(default_factory=list)
    replaced: list[StoredImage] = field(default_factory=list)
    left: list[IndexedFile] = field(default_factory=list)
    #: Files that are left out as duplicates, with their SHA-256.
    skipped: list[tuple[FileRef, str]] = field(default_factory=list)
    #: Rows that an earlier attempt at the chunk has written.
    written_before: list[ImageRow] = field(default_factory=list)
    #: Ids of images whose rows another job wrote, by that job.
    taken_over: dict[str, list[str]] = field(default_factory=dict)

    def add(
        self,
        ref: FileRef,
        row: ImageRow,
        stored: ImageRow | None,
        vector: Sequence[float] | NDArray[np.float32],
        counted: Counted = "indexed",
    ) -> None:
        """Write a row with its vector, 512 floats."""
        self.rows.append(PlannedRow(ref, row, stored, np.asarray(vector, np.float32), counted))
