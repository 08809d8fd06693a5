"""Idempotency keys: the same call once, another one never."""

import asyncio
from typing import Any

import httpx
import pytest
from fastapi import FastAPI, Request, Response
from starlette.middleware import Middleware
from starlette.types import ASGIApp, Receive, Scope, Send

from gateway.http import idempotency
from gateway.http.access import ACCESS, Access, Principal
from gateway.http.idempotency import Idempotency
from gateway.http.permissions import RULES
from shared.errors import redis_unavailable
from shared.ledger import RepeatableCalls


class HeldCalls(RepeatableCalls):
    """Calls in memory, as Redis keeps them."""

    def __init__(self) -> None:
        self.held: dict[str, bytes] = {}
        self.away = False

    async def claim(self, digest: str, claim: str) -> bytes | None:
        if self.away:
            raise redis_unavailable()
        found = self.held.get(digest)
        if found is None:
            self.held[digest] = b"running:" + claim.encode()
            return None
        return b"" if found.startswith(b"running:") else found

    async def renew(self, digest: str, claim: str) -> None:
        assert self.held[digest] == b"running:" + claim.encode()

    async def end(self, digest: str, claim: str, answer: bytes, keep_seconds: int) -> None:
        assert keep_seconds == 86400
        if self.held.get(digest) == b"running:" + claim.encode():
            del self.held[digest]
            if answer:
                self.held[digest] = answer


class _LetIn:
    """Lets in whom the request's header names, for `create_job`."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        who = dict(scope["headers"]).get(b"who", b"a").decode()
        operation = "list_jobs" if scope["method"] == "GET" else "create_job"
        access = Access(Principal("key", who, who), operation, RULES[operation])
        await self._app({**scope, ACCESS: access}, receive, send)


class Server:
    """Counts the calls that happened; `status` is what they are answered."""

    def __init__(self) -> None:
        self.calls = HeldCalls()
        self.status = 202
        self.happened = 0
        self.hold = asyncio.Event()
        self.hold.set()
        app = FastAPI(middleware=[Middleware(_LetIn), Middleware(Idempotency)])
        app.add_api_route("/jobs", self._work, methods=["POST", "GET"])
        app.state.services = self
        self._transport = httpx.ASGITransport(app)

    @property
    def repeatable_calls(self) -> RepeatableCalls:
        return self.calls

    async def _work(self, request: Request) -> Response:
        body = await request.body()
        self.happened += 1
        number = self.happened
        await self.hold.wait()
        headers = {"Location": f"/jobs/{number}"}
        return Response(f"{number}: {len(body)}", self.status, headers, "text/plain")

    async def post(self, key: str | None, body: bytes = b"{}", **headers: str) -> httpx.Response:
        given = {**({"Idempotency-Key": key} if key is not None else {}), **headers}
        sent = [(name.encode(), value.encode("latin-1")) for name, value in given.items()]
        async with httpx.AsyncClient(transport=self._transport, base_url="http://test") as client:
            return await client.post("/jobs", content=body, headers=sent)


@pytest.fixture
def server() -> Server:
    return Server()


def _code(reply: httpx.Response) -> tuple[int, Any]:
    return reply.status_code, reply.json()["code"]


async def test_a_repeated_call_happens_once_and_is_answered_alike(server: Server) -> None:
    first, second = await server.post("k"), await server.post("k")
    assert (first.status_code, first.text) == (second.status_code, second.text) == (202, "1: 2")
    assert second.headers["Location"] == first.headers["Location"] == "/jobs/1"
    assert second.headers["Idempotency-Replayed"] == "true"
    assert "Idempotency-Replayed" not in first.headers
    assert (await server.post("other")).text == "2: 2"
    assert (await server.post(None)).text == "3: 2"
    assert (await server.post(None)).text == "4: 2"


async def test_a_key_is_its_senders_own(server: Server) -> None:
    assert (await server.post("k")).text == "1: 2"
    assert (await server.post("k", who="b")).text == "2: 2"
    assert (await server.post("k", who="b")).text == "2: 2"


async def test_another_request_with_the_same_key_is_an_error(server: Server) -> None:
    await server.post("k", b'{"a": 1}')
    reply = await server.post("k", b'{"a": 2}')
    assert _code(reply) == (422, "idempotency_key_reused")
    assert server.happened == 1


@pytest.mark.parametrize("size", [1, 7, 100_000])
async def test_a_form_that_is_sent_again_has_another_boundary(server: Server, size: int) -> None:
    def form(boundary: str, text: bytes) -> dict[str, Any]:
        body = b"--%b\r\n\r\n%b\r\n--%b--" % (boundary.encode(), text * size, boundary.encode())
        return {"body": body, "Content-Type": f"multipart/form-data; boundary={boundary}"}

    first = await server.post("k", **form("xxAxx", b"picture"))
    again = await server.post("k", **form("yyyByyy", b"picture"))
    assert again.text == first.text
    assert _code(await server.post("k", **form("zzz", b"pictures"))) == (
        422,
        "idempotency_key_reused",
    )


def test_a_boundary_is_left_out_wherever_the_body_is_cut() -> None:
    body = b"--limit\r\npicture\r\n--limit\r\nlimi\r\n--limit--"
    scope = {
        "query_string": b"",
        "headers": [(b"content-type", b'multipart/form-data; boundary="limit"')],
    }
    digests = set()
    for size in range(1, len(body) + 1):
        fingerprint = idempotency._Fingerprint(scope)
        parts = [body[at : at + size] for at in range(0, len(body), size)]
        for place, part in enumerate(parts):
            more = place + 1 < len(parts)
            fingerprint.feed({"type": "http.request", "body": part, "more_body": more})
        digests.add(fingerprint.hexdigest())
    assert len(digests) == 1


async def test_what_failed_may_be_tried_again(server: Server) -> None:
    server.status = 503
    assert (await server.post("k")).status_code == 503
    server.status = 202
    assert (await server.post("k")).text == "2: 2"
    assert (await server.post("k")).text == "2: 2"


async def test_a_repeated_call_waits_for_the_first(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(idempotency, "_POLL_SECONDS", 0.01)
    server.hold.clear()
    first, second = (asyncio.create_task(server.post("k")) for _ in range(2))
    while not server.happened:
        await asyncio.sleep(0.01)
    server.hold.set()
    assert (await first).text == (await second).text == "1: 2"
    assert server.happened == 1


async def test_a_repeated_call_waits_no_longer_than_its_caller(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(idempotency, "_PATIENCE_SECONDS", 0.0)
    server.hold.clear()
    first = asyncio.create_task(server.post("k"))
    while not server.happened:
        await asyncio.sleep(0.01)
    reply = await server.post("k")
    assert _code(reply) == (409, "call_running")
    assert reply.headers["Retry-After"] == "2"
    server.hold.set()
    assert (await first).text == "1: 2"


async def test_redis_away_lets_nothing_happen(server: Server) -> None:
    server.calls.away = True
    reply = await server.post("k")
    assert _code(reply) == (503, "redis_unavailable")
    assert server.happened == 0
    assert (await server.post(None)).status_code == 202


@pytest.mark.parametrize("key", ["", " ", "x" * 256, "a b", "\u00fc"])
async def test_a_key_is_visible_ascii(server: Server, key: str) -> None:
    reply = await server.post(key)
    assert _code(reply) == (422, "validation_error")
    assert server.happened == 0


async def test_an_answer_that_is_too_long_is_not_kept(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(idempotency, "_LONGEST_ANSWER", 10)
    assert (await server.post("k")).text == "1: 2"
    assert (await server.post("k")).text == "2: 2"
