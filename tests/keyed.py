"""A gateway whose keys are in memory and whose services only tell that they were reached."""

import asyncio
import functools
import itertools
from types import SimpleNamespace
from typing import Any, Never
from urllib.parse import unquote

import httpx
from fastapi import FastAPI
from limits.aio.storage import MemoryStorage
from pydantic import SecretStr

from gateway.app import create_app
from gateway.http.key_ring import KeyRing
from gateway.http.rate_limits import RateLimits
from gateway.http.security import ApiKeys
from gateway.metrics import Metrics
from shared.domain.api_key import Action, ApiKey, digest_of, new_text
from shared.domain.job import DirectorySource, Job, JobSpec
from shared.errors import LookalikeError, job_not_found, redis_unavailable
from shared.ledger import AsyncApiKeys, KeyTable
from shared.settings import Settings

#: A key of the setting.
ADMINISTRATOR = "an-administrator-of-the-tests"
IMAGE, JOB, FOREIGN_JOB = "a" * 32, "b" * 32, "c" * 32
#: Of the collection `private`.
ALIAS = "photos_old"
NOW = 1_800_000_000.0

_ids = (f"{number:032x}" for number in itertools.count(1))


class LetIn(LookalikeError):
    """A handler has reached a service: nothing refused the request."""

    status = 418
    title = "Let in"


class _Service:
    """Whatever is called of it tells that it was reached."""

    def __getattr__(self, name: str) -> Any:
        return self

    def __call__(self, *_: Any, **__: Any) -> Never:
        raise LetIn("let_in", "A service was reached.")


class HeldKeys(AsyncApiKeys):
    """Stored keys in memory; `away`: as if Redis did not answer.

    `unreadable`: as if there were others, which a later version has written.
    """

    def __init__(self) -> None:
        self.held: dict[str, ApiKey] = {}
        self.used: dict[str, float] = {}
        self.away = self.unreadable = False
        self.now = NOW
        self._version = itertools.count()

    async def read(self, known: KeyTable | None, *, signs: bool) -> KeyTable:
        assert known is None or known.now <= self.now
        self._check()
        in_force = bool(self.held) or self.unreadable
        secret = b"a secret" if signs or in_force else None
        return KeyTable(
            str(next(self._version)).encode(), dict(self.held), secret, self.now, in_force
        )

    async def note_use(self, key_id: str, at: float) -> None:
        self._check()
        self.used[key_id] = at

    def _check(self) -> None:
        if self.away:
            raise redis_unavailable()


class _HeldAliases(_Service):
    """Only the collection `private` has another name."""

    async def resolve(self, name: str) -> str:
        return "private" if name == ALIAS else name


class _HeldJobs(_Service):
    """A job of the collection `photos`, and one of `private`."""

    def get(self, job_id: str) -> Job:
        names = {JOB: "photos", FOREIGN_JOB: "private"}
        if job_id not in names:
            raise job_not_found(job_id)
        spec = JobSpec(
            id=job_id,
            collection=names[job_id],
            generation="1",
            source=DirectorySource(path="/photos"),
            created_at=NOW,
        )
        return Job(spec=spec, status="running")


@functools.cache
def _application(administrators: tuple[str, ...]) -> FastAPI:
    """The application with these keys in its setting; one for all tests, as it takes a while."""
    secrets = tuple(map(SecretStr, administrators))
    return create_app(Settings(api_keys=secrets, default_collection="photos"))


class KeyedApp:
    """The application without its stores; requests come from localhost."""

    def __init__(self, settings: Settings, *, administrators: tuple[str, ...] = (ADMINISTRATOR,)):
        secrets = tuple(map(SecretStr, administrators))
        self.settings = settings.model_copy(
            update={"api_keys": secrets, "default_collection": "photos"}
        )
        self.stored = HeldKeys()
        self.ring = KeyRing(ApiKeys(secrets), self.stored, RateLimits(MemoryStorage()))
        self.app = _application(administrators)
        known = {
            "settings": self.settings,
            "metrics": Metrics(),
            "key_ring": self.ring,
            "jobs": _HeldJobs(),
            "aliases": _HeldAliases(),
        }
        self.app.state.services = _Services(known)

    def key(
        self, *actions: Action, collections: tuple[str, ...] = ("photos",), **fields: Any
    ) -> str:
        """Store a key; gives its text."""
        key_id = next(_ids)
        text = new_text(key_id)
        self.stored.held[key_id] = ApiKey(
            id=key_id,
            name=f"key {key_id[-2:]}",
            digest=digest_of(text),
            actions=actions,
            collections=collections,
            created_at=NOW,
            created_by="administrator 1",
            **fields,
        )
        self.ring.forget()
        return text

    def revoke(self, text: str) -> None:
        """Delete a stored key, as this gateway does."""
        del self.stored.held[text.split("_")[1]]
        self.ring.forget()

    def call(
        self, method: str, path: str, key: str | None = None, **options: Any
    ) -> httpx.Response:
        """A request, with a key in its header; gives the response. Options as of httpx."""
        headers = {"X-API-Key": key} if key is not None else {}
        return self.send(
            method, path, [*headers.items(), *options.pop("headers", {}).items()], **options
        )

    def send(
        self, method: str, path: str, headers: list[tuple[str, str]], **options: Any
    ) -> httpx.Response:
        """A request to the very path that is given, with headers that may come twice."""
        host = [] if any(name == "Host" for name, _ in headers) else [("Host", "localhost")]
        request = httpx.Request(method, "http://localhost/", headers=[*host, *headers], **options)
        raw, _, query = path.partition("?")
        scope = {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": "1.1",
            "method": method,
            "scheme": "http",
            "path": unquote(raw),
            "raw_path": raw.encode(),
            "query_string": "&".join(filter(None, (query, request.url.query.decode()))).encode(),
            "headers": [(name.lower(), value) for name, value in request.headers.raw],
            "client": ("127.0.0.1", 1),
            "server": ("localhost", 80),
        }
        return asyncio.run(self._ask(scope, request.read()))

    async def _ask(self, scope: dict[str, Any], body: bytes) -> httpx.Response:
        messages = iter([{"type": "http.request", "body": body, "more_body": False}])
        sent: list[Any] = []

        async def receive() -> Any:
            return next(messages, {"type": "http.disconnect"})

        async def send(message: Any) -> None:
            sent.append(message)

        await self.app(scope, receive, send)
        content = b"".join(message.get("body", b"") for message in sent[1:])
        return httpx.Response(sent[0]["status"], headers=sent[0]["headers"], content=content)


class _Services(SimpleNamespace):
    def __init__(self, known: dict[str, Any]) -> None:
        super().__init__(**known)

    def __getattr__(self, name: str) -> Any:
        return _Service()


def let_in(reply: httpx.Response) -> bool:
    """Whether a request reached a handler. Fails for what is neither that nor refused."""
    assert reply.status_code in (200, 201, 202, 204, 418, 401, 403, 429, 503), reply.text
    return reply.status_code < 400 or reply.status_code == LetIn.status


def refused(reply: httpx.Response, status: int, code: str) -> None:
    """Fail for what was not refused in this way."""
    assert (reply.status_code, reply.json()["code"]) == (status, code), reply.text
