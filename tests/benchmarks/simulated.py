"""Jobs, files and outcomes that stand in for pictures, where only what the ledger does counts."""

import random
import time
import uuid
from collections.abc import Iterator, Sequence

from shared.domain.chunk import ChunkOutcome, FileRef
from shared.domain.job import DirectorySource, Failure, JobSpec
from shared.ledger import Jobs
from shared.settings import Settings

#: Of so many files one fails, and one is a duplicate.
FAILED_OF = 100
DUPLICATE_OF = 10
_REASONS = (
    ("truncated", "The file ends too early."),
    ("corrupt", "It cannot be decoded."),
    ("too_many_pixels", "It has 268,435,456 pixels; 100,000,000 are allowed."),
)


def new_job(jobs: Jobs, settings: Settings) -> str:
    """A job that loads a directory; returns its id."""
    spec = JobSpec(
        id=uuid.uuid4().hex,
        collection=settings.default_collection,
        source=DirectorySource(path="/images/photos"),
        created_at=time.time(),
    )
    jobs.create(spec)
    return spec.id


def files(start: int, count: int) -> Iterator[FileRef]:
    """Files with names that no compression knows: a camera's count, and twelve random digits."""
    drawn = random.Random(start)
    for n in range(start, start + count):
        name = f"IMG_{n % 10_000:04}_{drawn.getrandbits(48):012x}.jpg"
        yield FileRef(
            uri=f"file:///images/photos/{n // 365_000 + 1990}/{n // 1000:05}/{name}",
            size=drawn.randrange(10_000, 10_000_000),
            mtime_ns=drawn.randrange(10**18, 2 * 10**18),
        )


def failure(ref: FileRef) -> Failure:
    """A file's failure, for one of some reasons."""
    code, reason = _REASONS[ref.size % len(_REASONS)]
    return Failure(uri=ref.uri, code=code, reason=reason, size=ref.size, mtime_ns=ref.mtime_ns)


def outcome(refs: Sequence[FileRef], first: int = 0) -> ChunkOutcome:
    """What became of a chunk: one file of `FAILED_OF` failed, one of `DUPLICATE_OF` is a duplicate.

    `first` is how many files of the load came before, so that small chunks have their share.
    """
    failed = refs[-first % FAILED_OF :: FAILED_OF]
    duplicates = [ref.id for ref in refs[(5 - first) % DUPLICATE_OF :: DUPLICATE_OF]]
    return ChunkOutcome(
        indexed=len(refs) - len(failed) - len(duplicates),
        duplicates=len(duplicates),
        failures=tuple(map(failure, failed)),
        duplicate_ids=tuple(duplicates),
        bytes=sum(ref.size for ref in refs),
        encode_seconds=0.01 * len(refs),
    )
