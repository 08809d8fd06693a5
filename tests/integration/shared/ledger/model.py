"""What the ledger must say of a job, in plain Python."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from shared.domain.chunk import ChunkOutcome, FileRef
from shared.domain.image import image_id
from shared.domain.job import Job, JobStatus

#: Duplicates and unchanged files that a job remembers in these tests, and failures of a block.
FEW = 2


class LeaseModel(NamedTuple):
    """A claim of a chunk, as the worker that made it knows it."""

    worker: str
    token: str


class Heartbeat(NamedTuple):
    """What the ledger knows of a worker's claims: the newest, and those that it holds."""

    last: int = 0
    tokens: tuple[str, ...] = ()

    def denies(self, token: str) -> bool:
        return int(token) <= self.last and token not in self.tokens


@dataclass
class ChunkModel:
    """A chunk that was not reported yet. `lease` is the one that the ledger holds to."""

    files: tuple[FileRef, ...]
    lease: LeaseModel | None = None
    attempts: int = 0
    #: The number of the newest lease; what ended one without a report counts too.
    number: int = 0
    sent: bool = True


@dataclass
class JobModel:
    """One job, and what was counted of it."""

    id: str
    collection: str
    status: JobStatus = "queued"
    paused: bool = False
    generation: int = 0
    owner: str | None = None
    #: Whether a scan that nobody runs is to be sent again at once.
    due: bool = False
    scan_done: bool = False
    chunk_total: int = 0
    scan_unchanged: int = 0
    ignored: int = 0
    chunks: dict[str, ChunkModel] = field(default_factory=dict)
    counts: dict[str, int] = field(
        default_factory=lambda: dict.fromkeys(("indexed", "unchanged", "duplicates", "failed"), 0)
    )
    failures: list[str] = field(default_factory=list)
    moved: int = 0
    removed: int = 0
    #: All files that were in chunks, by image id.
    files: dict[str, FileRef] = field(default_factory=dict)
    #: The images whose rows this job wrote.
    rows: set[str] = field(default_factory=set)
    #: What the job remembers to have counted, and what it has counted and not remembered.
    accounted: set[str] = field(default_factory=set)
    not_remembered: set[str] = field(default_factory=set)
    #: Rows that were taken over, by the file that did.
    moves: dict[str, str] = field(default_factory=dict)
    #: Rows whose removal was begun and not counted.
    removing: list[str] = field(default_factory=list)
    remembered: int = 0
    forgotten: dict[str, int] = field(
        default_factory=lambda: dict.fromkeys(("duplicates", "unchanged"), 0)
    )
    #: Chunks that were reported, with what was said, to be said again.
    reported: list[tuple[str, ChunkOutcome]] = field(default_factory=list)

    @property
    def ended(self) -> bool:
        return self.status in ("done", "failed", "cancelled")

    def add(self, chunks: Mapping[str, tuple[FileRef, ...]]) -> None:
        """Chunks are written."""
        for name, refs in chunks.items():
            self.chunks[name] = ChunkModel(refs)
            self.chunk_total += len(refs)
            for ref in refs:
                self.files[ref.id] = ref
                self.not_remembered.discard(ref.id)

    def move(self, targets: Sequence[str], sources: Sequence[str]) -> dict[str, str]:
        """Each target gets a source of its own, as long as there is one."""
        for target in () if self.ended else targets:
            free = [source for source in sources if source not in self.moves.values()]
            if target not in self.moves and free:
                self.moves[target] = free[0]
        return {target: self.moves[target] for target in targets if target in self.moves}

    def delete_image(self, image: str) -> None:
        self.rows.discard(image)
        if not self.ended:
            self.accounted.add(image)

    def report(self, chunk_id: str, outcome: ChunkOutcome) -> None:
        """A chunk is reported for the first time."""
        files = {file.id for file in self.chunks.pop(chunk_id).files}
        failed = {image_id(failure.uri) for failure in outcome.failures}
        self.rows |= files - failed - {*outcome.duplicate_ids, *outcome.unchanged_ids}
        self.moved += outcome.moved
        self.counts["indexed"] += outcome.indexed
        self.counts["unchanged"] += outcome.unchanged
        self.counts["duplicates"] += outcome.duplicates
        self.counts["failed"] += len(outcome.failures)
        self.failures += [failure.uri for failure in outcome.failures]
        if not self.ended:
            self.accounted |= failed
            self._remember("duplicates", outcome.duplicate_ids)
            self._remember("unchanged", outcome.unchanged_ids)
        self.close_if_complete()

    def _remember(self, kind: str, files: Sequence[str]) -> None:
        kept = min(len(files), FEW - self.remembered)
        self.remembered += kept
        self.accounted.update(files[:kept])
        self.forgotten[kind] += len(files) - kept
        self.not_remembered.update(files[kept:])

    def count_forgotten_anew(self) -> None:
        """A scan that is repeated finds them again."""
        for kind, files in self.forgotten.items():
            self.counts[kind] -= files
            self.chunk_total -= files
        self.forgotten = dict.fromkeys(self.forgotten, 0)

    def close_if_complete(self) -> None:
        if self.scan_done and not self.chunks and not self.ended:
            self.end("done")

    def end(self, status: JobStatus) -> None:
        """Leased chunks may still be reported; the others are dropped."""
        self.status, self.paused = status, False
        self.moves = {}
        self.chunks = {name: chunk for name, chunk in self.chunks.items() if chunk.lease}

    def check(self, job: Job) -> None:
        """Whether the ledger says the same, and adds up."""
        assert job.status == ("paused" if self.paused else self.status)
        assert job.total == self.chunk_total + self.scan_unchanged
        assert job.ignored == self.ignored
        assert (job.moved, job.removed) == (self.moved, self.removed)
        assert job.unchanged == self.counts["unchanged"] + self.scan_unchanged
        found = (job.indexed, job.duplicates, job.failed)
        assert found == tuple(self.counts[name] for name in ("indexed", "duplicates", "failed"))
        assert job.done == job.indexed + job.unchanged + job.duplicates + job.failed <= job.total
        assert (job.status != "done") or job.done == job.total
        assert job.finished == self.ended
