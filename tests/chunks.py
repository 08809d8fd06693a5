"""One chunk at a time, as most tests want them."""

import uuid
from collections.abc import Sequence

from shared.ledger import Scans
from shared.messages import FileRef


def add_chunk(
    scans: Scans,
    job: str,
    generation: int,
    files: Sequence[FileRef],
    chunk: str | None = None,
) -> tuple[str, int]:
    """Write one chunk; its id, and how many chunks of the job are pending now."""
    chunk = chunk or uuid.uuid4().hex
    return chunk, scans.add_chunks(job, generation, {chunk: files})
