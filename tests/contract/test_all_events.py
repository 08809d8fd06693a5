"""The events of all jobs over SSE."""

import time
import uuid
from collections.abc import Iterator
from itertools import islice

import httpx
import pytest

from gateway.services import all_job_events
from shared.domain.job import DirectorySource, JobSpec
from shared.ledger import Jobs, keys
from shared.ledger.changes import MAX_CHANGES
from shared.redis import RedisClient
from shared.settings import Settings
from tests.contract.calls import problem
from tests.contract.job_streams import Load, Sent, read

URL = "/api/v2/events"


@pytest.fixture
def jobs(redis: RedisClient, settings: Settings) -> Jobs:
    return Jobs(redis, settings)


def create(jobs: Jobs, collection: str = "shoes") -> str:
    spec = JobSpec(
        id=uuid.uuid4().hex,
        collection=collection,
        source=DirectorySource(path="/p"),
        created_at=time.time(),
    )
    jobs.create(spec)
    return spec.id


def shown(events: Iterator[Sent], count: int) -> list[tuple[str, str]]:
    """The next so many events: their names and jobs."""
    return [(event.event, event.data.get("id", "")) for event in islice(events, count)]


def test_a_follower_is_shown_what_runs_and_what_becomes_of_it(
    api: httpx.Client, jobs: Jobs, redis: RedisClient
) -> None:
    jobs.cancel(create(jobs))
    running = create(jobs)
    with api.stream("GET", URL) as reply:
        assert reply.headers["content-type"].startswith("text/event-stream")
        events = read(reply)
        first = next(events)
        assert (first.event, first.data["id"], first.data["status"]) == (
            "progress",
            running,
            "queued",
        )
        load = Load(redis, running)
        load.add(fails=False)
        progress = next(event for event in events if event.data["done"] == 1)
        assert progress.event == "progress"
        load.end()
        later = create(jobs, "hats")
        jobs.cancel(later)
        rest = shown((event for event in events if event.event == "end"), 2)

    assert rest == [("end", running), ("end", later)]


def test_a_follower_goes_on_where_it_was(api: httpx.Client, jobs: Jobs) -> None:
    first = create(jobs)
    with api.stream("GET", URL) as reply:
        events = read(reply)
        next(events)
        jobs.cancel(first)
        end = next(events)
    second = create(jobs)
    jobs.cancel(second)
    third = create(jobs)

    assert (end.event, end.data["id"]) == ("end", first)
    assert end.id is not None
    with api.stream("GET", URL, headers={"Last-Event-ID": end.id}) as reply:
        assert shown(read(reply), 2) == [("end", second), ("progress", third)]


def test_an_end_is_told_once_and_of_one_collection_alone(api: httpx.Client, jobs: Jobs) -> None:
    create(jobs, "hats")
    with api.stream("GET", f"{URL}?collection=hats") as reply:
        events = read(reply)
        next(events)
        for collection in ("shoes", "hats", "shoes", "hats"):
            jobs.cancel(create(jobs, collection))
        last = create(jobs, "hats")
        found = []
        for event in events:
            assert event.data["collection"] == "hats"
            if event.event == "end":
                found.append(event.data["id"])
            elif event.data["id"] == last:
                break

    assert len(found) == len(set(found)) == 2


def test_who_comes_too_late_is_told_so(api: httpx.Client, jobs: Jobs, redis: RedisClient) -> None:
    running = create(jobs)
    with redis.pipeline() as pipe:
        for _ in range(MAX_CHANGES):
            pipe.xadd(keys.CHANGES, {"job": running, "kind": "progress"})
        pipe.execute()

    with api.stream("GET", URL, headers={"Last-Event-ID": "5-0"}) as reply:
        assert shown(read(reply), 2) == [("reset", ""), ("progress", running)]


@pytest.mark.parametrize("event_id", ["7", "a-b", "1-2-3", f"{2**64}-0", "-"])
def test_an_id_of_another_stream_is_refused(api: httpx.Client, event_id: str) -> None:
    reply = api.get(URL, headers={"Last-Event-ID": event_id})

    problem(reply, 422, "invalid_event_id")


def test_so_many_follow_at_most(
    api: httpx.Client, jobs: Jobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(all_job_events, "MAX_FOLLOWERS", 1)
    create(jobs)
    with api.stream("GET", URL) as reply:
        events = read(reply)
        next(events)
        full = api.get(URL)

    problem(full, 429, "too_many_followers")
    assert int(full.headers["retry-after"]) > 0
