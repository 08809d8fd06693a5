"""Jobs whose events are followed over SSE."""

import json
from collections.abc import Iterator
from typing import Any, NamedTuple

import httpx

from shared.domain.chunk import ChunkOutcome, FileRef
from shared.domain.job import Failure
from shared.ledger import Chunks, Scans, ScanStart
from shared.redis import RedisClient
from tests.chunks import add_chunk


class Sent(NamedTuple):
    """One event as it came over the wire."""

    event: str
    id: str | None
    data: dict[str, Any]


class Load:
    """A job whose scan and chunks the test itself drives."""

    def __init__(self, redis: RedisClient, job_id: str) -> None:
        self.id = job_id
        self.url = f"/api/v2/jobs/{job_id}/events"
        self._scans, self._chunks = Scans(redis, "scan-1"), Chunks(redis, "encode-1")
        start = self._scans.begin(job_id)
        assert start is not None
        self._start: ScanStart = start
        self._count = 0

    def add(self, *, fails: bool) -> None:
        """One more file, indexed or not."""
        self.report(self.claim(), fails=fails)

    def claim(self) -> tuple[str, str]:
        """One more file, at work: its chunk and its uri."""
        self._count += 1
        ref = FileRef(uri=f"file:///{self._count}", size=1, mtime_ns=1)
        chunk_id, _ = add_chunk(self._scans, self.id, self._start.generation, [ref])
        self._chunks.claim(self.id, chunk_id)
        return chunk_id, ref.uri

    def report(self, claimed: tuple[str, str], *, fails: bool) -> None:
        """What became of a file."""
        chunk_id, uri = claimed
        failure = Failure(uri=uri, code="truncated", reason="Too short.")
        outcome = ChunkOutcome(failures=(failure,)) if fails else ChunkOutcome(indexed=1)
        self._chunks.complete(self.id, chunk_id, outcome)

    def go_on(self, times: int) -> None:
        """So many events of progress."""
        for _ in range(times):
            self._scans.record(self.id, self._start.generation, unchanged=1, ignored=0)

    def end(self) -> None:
        self._scans.finish(self.id, self._start.generation)


def read(reply: httpx.Response) -> Iterator[Sent]:
    """The events of a stream; comments are left out."""
    fields: dict[str, str] = {}
    for line in reply.iter_lines():
        if line:
            name, _, value = line.partition(": ")
            fields[name] = value
        elif "event" in fields:
            yield Sent(fields["event"], fields.get("id"), json.loads(fields["data"]))
            fields = {}
        else:
            fields = {}
