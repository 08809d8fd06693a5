"""Methods of both clients: results, pages, events."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from lookalike_client import AsyncClient, Client, ConnectionFailed, NotFound
from lookalike_client.methods import AsyncCalls, Calls

EVENTS = "/api/v2/jobs/1/events"


def stream(*events: str, retry: int | None = None) -> httpx.Response:
    text = "".join(f"{event}\n\n" for event in events)
    head = f"retry: {retry}\n\n" if retry is not None else ""
    return httpx.Response(
        200, text=": ping\n\n" + head + text, headers={"content-type": "text/event-stream"}
    )


def test_both_clients_have_the_same_methods() -> None:
    assert {n for n in vars(Calls) if not n.startswith("_")} == {
        n for n in vars(AsyncCalls) if not n.startswith("_")
    }


def test_a_method_is_described() -> None:
    assert (Client.get_job.__doc__ or "").startswith("Show a job.")


async def test_pages_are_asked_for_as_they_are_needed(
    client: Client, async_client: AsyncClient, server: Any, image: dict[str, Any]
) -> None:
    path = "/api/v2/collections/photos/images"
    pages = (
        httpx.Response(200, json={"items": [image, image], "next_cursor": "two"}),
        httpx.Response(200, json={"items": [image], "next_cursor": None}),
    )
    server.on("GET", path, *pages)

    found = client.iterate_images("photos", tag="a")
    assert server.requests == []
    next(found)
    assert len(server.requests) == 1
    assert len(list(found)) == 2
    server.on("GET", path, *pages)
    assert len([one async for one in async_client.iterate_images("photos", tag="a")]) == 3

    queries = [dict(request.url.params) for request in server.requests]
    assert queries == [{"tag": "a"}, {"tag": "a", "cursor": "two"}] * 2


async def test_pictures_and_texts(client: Client, async_client: AsyncClient, server: Any) -> None:
    path = "/api/v2/collections/photos/images/1/content"
    head = {"content-type": "image/png", "etag": '"x"'}
    server.on("GET", path, httpx.Response(200, content=b"png", headers=head))
    server.on("GET", "/api/v2/jobs/1/failures", httpx.Response(200, text="uri,code\n"))

    for picture in (
        client.get_image_content("photos", "1"),
        await async_client.get_image_content("photos", "1"),
    ):
        assert (picture.content, picture.media_type, picture.etag) == (b"png", "image/png", '"x"')
    assert client.list_job_failures_csv("1") == "uri,code\n"
    assert server.requests[-1].headers["accept"] == "text/csv"


@pytest.fixture(params=["sync", "async"])
def follow(request: pytest.FixtureRequest, client: Client, async_client: AsyncClient) -> Any:
    async def events(job: str) -> list[Any]:
        if request.param == "sync":
            return list(client.stream_job_events(job))
        return [event async for event in async_client.stream_job_events(job)]

    return events


async def test_events_go_on_where_the_connection_was_lost(
    follow: Any, server: Any, job: dict[str, Any]
) -> None:
    state = httpx.Response(200, json=job).text
    failure = (
        '{"uri": "file:///a", "code": "truncated", "reason": "r", "attempts": 1, '
        '"name": "a", "source_url": null}'
    )
    server.on(
        "GET",
        EVENTS,
        stream(
            f"event: progress\ndata: {state}", f"event: failure\nid: 1\ndata: {failure}", retry=250
        ),
        httpx.ReadError("lost"),
        stream("event: unheard_of\ndata: {}", f"event: end\nid: 1-end\ndata: {state}"),
    )

    events = await follow("1")

    assert [event.event for event in events] == ["progress", "failure", "end"]
    assert events[1].failure.code == "truncated"
    assert events[2].job.id == job["id"]
    asked = [request.headers.get("last-event-id") for request in server.requests]
    assert asked == [None, "1", "1"]
    assert server.slept[:2] == [0.0, 0.25]


async def test_a_stream_of_which_all_was_received_ends(follow: Any, server: Any) -> None:
    server.on("GET", EVENTS, httpx.Response(204))

    assert await follow("1") == []


async def test_events_of_no_job_are_an_error(
    follow: Any, server: Any, problem: Callable[..., httpx.Response]
) -> None:
    server.on("GET", EVENTS, problem(404, "job_not_found"))

    with pytest.raises(NotFound):
        await follow("1")


async def test_an_outage_is_waited_out(
    follow: Any, server: Any, job: dict[str, Any], problem: Callable[..., httpx.Response]
) -> None:
    end = f"event: end\nid: 0-end\ndata: {httpx.Response(200, json=job).text}"
    away = problem(503, "redis_unavailable", {"Retry-After": "2"})
    server.on("GET", EVENTS, away, httpx.ConnectError("refused"), stream(end))

    assert [event.event for event in await follow("1")] == ["end"]
    assert server.slept[:2] == [0.0, 2.0]


async def test_a_stream_that_says_nothing_is_given_up(follow: Any, server: Any) -> None:
    server.on("GET", EVENTS, stream())

    with pytest.raises(ConnectionFailed):
        await follow("1")

    assert len(server.requests) == 5


def test_address_and_key_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOOKALIKE_URL", "pictures.example:8000/")
    monkeypatch.setenv("LOOKALIKE_API_KEY", "k")
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, json={"status": "alive"})

    with Client(transport=httpx.MockTransport(answer)) as client:
        client.get_liveness()

    assert str(seen[0].url) == "http://pictures.example:8000/health/live"
    assert seen[0].headers["x-api-key"] == "k"
