"""Chunks for tests: written one at a time, and read from the queue."""

import base64
import json
import uuid
from collections.abc import Sequence
from typing import Any

from shared.domain.chunk import FileRef
from shared.ledger import Scans
from shared.queue import ENCODE
from shared.redis import RedisClient

#: Where kombu keeps the messages of bulk loads.
BULK_KEY = f"{ENCODE}\x06\x165"


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


def sent_chunks(redis: RedisClient) -> list[str]:
    """The chunks of bulk loads that wait in the queue, the next one first."""
    return [task_arguments(raw)[1] for raw in reversed(redis.lrange(BULK_KEY, 0, -1))]


def task_arguments(raw: bytes) -> list[Any]:
    """What a task in the queue is to be called with."""
    arguments, _, _ = json.loads(base64.b64decode(json.loads(raw)["body"]))
    return list(arguments)
