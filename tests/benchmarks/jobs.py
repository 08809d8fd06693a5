"""A load from POST to its end."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.stack import Stack

#: Between two looks at a job: seldom while the cores are busy, often when it ends at once.
SELDOM, OFTEN = 0.5, 0.02


def load(
    stack: Stack,
    collection: str,
    source: Path | dict[str, Any],
    *,
    expected: dict[str, int],
    poll: float = SELDOM,
    progress: Callable[[int], None] | None = None,
) -> tuple[dict[str, Any], float]:
    """The ended job and the seconds it took; `progress` is told how many files are done.

    `source` is a folder, or what the API calls a source. Raises RuntimeError unless it ended with
    the `expected` counts.
    """
    started = time.perf_counter()
    job = _queue(stack, collection, source)
    while job["status"] not in ("done", "failed", "cancelled"):
        time.sleep(poll)
        job = stack.job(job["id"])
        if progress:
            progress(job["done"])
    seconds = time.perf_counter() - started
    if any(job[name] != count for name, count in expected.items()):
        raise RuntimeError(f"the load went wrong, its figures mean nothing: {job}")
    return job, seconds


def _queue(stack: Stack, collection: str, source: Path | dict[str, Any]) -> dict[str, Any]:
    if isinstance(source, Path):
        return stack.load(collection, source)
    reply = stack.client.post(f"/api/v2/collections/{collection}/jobs", json={"source": source})
    reply.raise_for_status()
    job: dict[str, Any] = reply.json()
    return job
