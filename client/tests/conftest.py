"""A server that answers as a test says, without a connection."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest

from lookalike_client import AsyncClient, Client, Retries
from lookalike_client.cli import session as cli_session

JOB: dict[str, Any] = {
    "id": "0f6f1f6b0c0e4f0e8a7ab0d9f0d1c2b3",
    "collection": "photos",
    "source": {
        "kind": "directory",
        "path": "/photos",
        "recursive": True,
        "pattern": None,
        "exclude": [],
    },
    "status": "running",
    **dict.fromkeys(("total", "done", "indexed", "unchanged", "moved", "duplicates"), 0),
    **dict.fromkeys(("failed", "ignored", "removed", "bytes"), 0),
    "images_per_second": 0.0,
    "eta_seconds": None,
    "created_at": "2026-01-01T00:00:00Z",
    "started_at": None,
    "finished_at": None,
    "finished": False,
    "error": None,
}
IMAGE: dict[str, Any] = {
    "id": "9" * 32,
    "uri": "file:///photos/a%20b.jpg",
    "sha256": "a" * 64,
    "width": 640,
    "height": 480,
    "bytes": 2048,
    "format": "jpeg",
    "modified_at": "2026-01-01T00:00:00Z",
    "added_at": "2026-01-01T00:00:00Z",
    "job": JOB["id"],
    "tags": ["summer"],
    "metadata": {},
    **dict.fromkeys(("taken_at", "camera", "lens", "gps")),
    "content_url": "/content",
    "thumbnail_url": "/thumbnail",
}


@dataclass
class FakeServer:
    """Answers by method and path; `requests` are those that came, with their bodies read."""

    answers: dict[tuple[str, str], list[httpx.Response | BaseException]] = field(
        default_factory=dict
    )
    requests: list[httpx.Request] = field(default_factory=list)
    slept: list[float] = field(default_factory=list)

    def on(self, method: str, path: str, *answers: httpx.Response | BaseException) -> None:
        """What to answer, one after the other; the last one again and again."""
        self.answers[method, path] = list(answers)

    def answer(self, request: httpx.Request) -> httpx.Response:
        request.read()
        self.requests.append(request)
        answers = self.answers[request.method, request.url.path]
        answer = answers.pop(0) if len(answers) > 1 else answers[0]
        if isinstance(answer, BaseException):
            raise answer
        return httpx.Response(answer.status_code, headers=answer.headers, content=answer.content)

    async def answer_later(self, request: httpx.Request) -> httpx.Response:
        await request.aread()
        return self.answer(request)

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)

    @property
    def bodies(self) -> list[Any]:
        """The JSON of the requests that had some."""
        return [json.loads(r.content) for r in self.requests if r.content]


@pytest.fixture
def server() -> FakeServer:
    return FakeServer()


@pytest.fixture
def client(server: FakeServer) -> Iterator[Client]:
    transport = httpx.MockTransport(server.answer)
    with Client("http://server", "secret", transport=transport, sleep=server.slept.append) as made:
        yield made


@pytest.fixture
def async_client(server: FakeServer) -> AsyncClient:
    transport = httpx.MockTransport(server.answer_later)
    return AsyncClient("http://server", "secret", transport=transport, sleep=server.sleep)


@pytest.fixture
def command(server: FakeServer, monkeypatch: pytest.MonkeyPatch) -> Callable[..., int]:
    """The command, whose server is the fake one; gives the exit code."""
    from lookalike_client.cli.main import main

    def connect(url: str | None, api_key: str | None) -> Client:
        transport = httpx.MockTransport(server.answer)
        retries = Retries(attempts=2)
        return Client(url, api_key, transport=transport, retries=retries, sleep=server.slept.append)

    monkeypatch.setattr(cli_session, "connect", connect)
    monkeypatch.setenv("COLUMNS", "200")
    for name in ("URL", "API_KEY", "COLLECTION"):
        monkeypatch.delenv(f"LOOKALIKE_{name}", raising=False)
    return lambda *arguments: main([str(argument) for argument in arguments])


@pytest.fixture
def job() -> dict[str, Any]:
    """A job as the server writes it; tests change what they are about."""
    return json.loads(json.dumps(JOB))  # type: ignore[no-any-return]


@pytest.fixture
def image() -> dict[str, Any]:
    """An image as the server writes it."""
    return json.loads(json.dumps(IMAGE))  # type: ignore[no-any-return]


@pytest.fixture
def problem() -> Callable[..., httpx.Response]:
    """An error of the server."""

    def make(status: int, code: str, headers: dict[str, str] | None = None, **fields: Any) -> Any:
        body = {
            "type": f"urn:lookalike:problem:{code}",
            "title": code,
            "status": status,
            "detail": f"Told of {code}.",
            "code": code,
            **fields,
        }
        return httpx.Response(status, json=body, headers=headers)

    return make


@pytest.fixture
def queued(server: FakeServer, job: dict[str, Any]) -> str:
    """The job that every load of `photos` becomes; gives its id."""
    server.on("POST", "/api/v2/collections/photos/jobs", httpx.Response(202, json=job))
    return str(job["id"])
