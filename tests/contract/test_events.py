"""A job's events over SSE."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest

from shared.domain.chunk import ChunkOutcome, FileRef
from shared.domain.job import Failure
from shared.ledger import Chunks, Jobs, Scans, ScanStart
from shared.redis import RedisClient, connect
from shared.settings import Settings
from tests.chunks import add_chunk
from tests.contract.calls import load, problem
from tests.contract.server import serving
from tests.contract.workers import Encoder
from tests.services import Valkey


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


@pytest.fixture
def running(
    api: httpx.Client,
    encoder_seen: None,
    redis: RedisClient,
    settings: Settings,
    collection: str,
    pictures_root: Path,
) -> Load:
    """A job that is being scanned."""
    reply = load(api, collection, pictures_root)
    return Load(redis, reply.json()["id"])


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


def test_a_stream_tells_state_failures_and_end(api: httpx.Client, running: Load) -> None:
    running.add(fails=True)

    with api.stream("GET", running.url) as reply:
        assert reply.headers["content-type"].startswith("text/event-stream")
        assert reply.headers["cache-control"] == "no-cache"
        events = read(reply)
        now = next(events)
        assert now.event == "progress"
        assert (now.data["id"], now.data["status"], now.data["failed"]) == (
            running.id,
            "scanning",
            1,
        )
        failure = next(e for e in events if e.event == "failure")
        assert failure.data["uri"] == "file:///1"
        running.add(fails=False)
        progress = next(e for e in events if e.event == "progress" and e.data["indexed"])
        assert progress.data["done"] == 2
        running.end()
        rest = list(events)

    assert [e.event for e in rest][-1] == "end"
    assert rest[-1].data["status"] == "done"
    assert rest[-1].data["done"] == rest[-1].data["total"] == 2


def test_a_stream_resumes_after_the_last_event(api: httpx.Client, running: Load) -> None:
    for _ in range(3):
        running.add(fails=True)
    running.end()
    with api.stream("GET", running.url) as reply:
        whole = [event for event in read(reply) if event.event != "progress"]
    first = whole[0]
    assert first.id is not None

    with api.stream("GET", running.url, headers={"Last-Event-ID": first.id}) as reply:
        resumed = [event for event in read(reply) if event.event != "progress"]

    assert [e.event for e in whole] == ["failure"] * 3 + ["end"]
    assert resumed == whole[1:]


def test_after_the_end_there_is_nothing_to_come_back_for(
    api: httpx.Client, running: Load, redis: RedisClient
) -> None:
    running.end()
    with api.stream("GET", running.url) as reply:
        last = list(read(reply))[-1]
    assert last.id is not None

    reply = api.get(running.url, headers={"Last-Event-ID": last.id})

    assert (reply.status_code, reply.content) == (204, b"")


def test_every_failure_comes_once_whatever_lies_between(
    api: httpx.Client, running: Load, redis: RedisClient
) -> None:
    running.add(fails=True)
    with api.stream("GET", running.url) as reply:
        first = next(event for event in read(reply) if event.event == "failure")
    assert first.id is not None
    for _ in range(3):
        running.add(fails=True)
    # More than the ledger keeps.
    running.go_on(12_000)
    running.add(fails=True)
    running.end()

    with api.stream("GET", running.url, headers={"Last-Event-ID": first.id}) as reply:
        rest = [event for event in read(reply) if event.event != "progress"]

    uris = [event.data["uri"] for event in rest[:-1]]
    assert uris == [f"file:///{n}" for n in range(2, 6)]
    assert rest[-1].event == "end"


def test_a_failure_after_the_end_is_told_to_who_comes_back(
    api: httpx.Client, running: Load, redis: RedisClient
) -> None:
    late = running.claim()
    api.post(f"/api/v2/jobs/{running.id}/cancel").raise_for_status()
    with api.stream("GET", running.url) as reply:
        end = list(read(reply))[-1]
    assert end.id is not None
    running.report(late, fails=True)

    with api.stream("GET", running.url, headers={"Last-Event-ID": end.id}) as reply:
        again = [event for event in read(reply) if event.event != "progress"]

    assert [event.event for event in again] == ["failure", "end"]


def test_a_job_whose_events_are_forgotten_still_ends(
    api: httpx.Client, running: Load, redis: RedisClient
) -> None:
    running.end()
    redis.delete(f"lookalike:job:{running.id}:events")

    with api.stream("GET", running.url) as reply:
        assert [event.event for event in read(reply)] == ["progress", "end"]


def test_progress_is_drawn_together(api: httpx.Client, running: Load) -> None:
    for _ in range(300):
        running.add(fails=False)
    running.end()

    with api.stream("GET", running.url) as reply:
        events = list(read(reply))

    # Some 900 things happened; one look at them is one event.
    assert len([e for e in events if e.event == "progress"]) <= 4
    assert events[-1].data["indexed"] == 300


def test_a_stream_ends_when_its_collection_is_dropped(
    api: httpx.Client, running: Load, collection: str
) -> None:
    with api.stream("GET", running.url) as reply:
        events = read(reply)
        next(events)
        assert api.delete(f"/api/v2/collections/{collection}").status_code == 204
        last = list(events)[-1]

    assert (last.event, last.data["status"]) == ("end", "cancelled")
    assert last.data["finished"] is True


def test_a_wrong_event_id_is_refused(api: httpx.Client, running: Load) -> None:
    reply = api.get(running.url, headers={"Last-Event-ID": "yesterday"})

    problem(reply, 422, "invalid_event_id")


def test_a_stream_outlives_a_restart_of_redis(
    settings: Settings,
    tmp_path: Path,
    collection: str,
    pictures_root: Path,
) -> None:
    valkey = Valkey(tmp_path / "own_valkey")
    own = settings.model_copy(update={"redis_url": type(settings.redis_url)(valkey.url)})
    redis = connect(own)
    try:
        with Encoder(own, answers=False), serving(own) as api:
            running = Load(redis, load(api, collection, pictures_root).json()["id"])
            with api.stream("GET", running.url) as reply:
                lines = reply.iter_lines()
                next(lines)
                valkey.kill()
                assert any("Redis is away" in line for line in lines)
                valkey.start()
                Jobs(redis, own).cancel(running.id)
                assert any(line == "event: end" for line in lines)
    finally:
        redis.close()
        valkey.kill()
