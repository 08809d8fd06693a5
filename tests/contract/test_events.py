"""A job's events over SSE."""

from pathlib import Path

import httpx
import pytest

from shared.ledger import Jobs
from shared.redis import RedisClient, connect
from shared.settings import Settings
from tests.contract.calls import load, problem
from tests.contract.job_streams import Load, read
from tests.contract.server import serving
from tests.contract.workers import Encoder
from tests.services import Valkey


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
