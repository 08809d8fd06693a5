"""A client that sends its calls again until they are answered."""

import time
from collections.abc import Iterator, Mapping
from typing import Any

import httpx

#: What a gateway may answer while a part of it is away, or its disk is full.
_AWAY = frozenset({429, 503, 504, 507})
#: No call may take longer to be answered, nor all tries of one.
CALL_SECONDS, PATIENCE_SECONDS = 60, 240
_PROBLEM = "application/problem+json"


class PatientClient:
    """Calls to a gateway that is killed now and then. Safe for threads."""

    def __init__(self, url: str) -> None:
        self._http = httpx.Client(base_url=url, timeout=CALL_SECONDS)

    def attempt(self, method: str, path: str, **options: Any) -> httpx.Response | None:
        """One try; None where the gateway or a part of it is away.

        Fails the test where an answer takes too long, or is not what an outage is answered by.
        """
        try:
            reply = self._http.request(method, path, **options)
        except (httpx.ReadTimeout, httpx.WriteTimeout) as error:
            raise AssertionError(f"{method} {path} was not answered") from error
        except httpx.TransportError:
            return None
        told = f"{method} {path}: {reply.status_code} {reply.text[:500]}"
        assert reply.status_code < 500 or reply.status_code in _AWAY, told
        # Readiness names its parts, whatever their state.
        if reply.status_code >= 400 and not path.startswith("/health/"):
            assert reply.headers["Content-Type"] == _PROBLEM, told
        return None if reply.status_code in _AWAY else reply

    def call(self, method: str, path: str, **options: Any) -> httpx.Response:
        """The answer, however many tries it takes."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            reply = self.attempt(method, path, **options)
            if reply is not None:
                return reply
            time.sleep(0.3)
        raise TimeoutError(f"{method} {path} had no answer for {PATIENCE_SECONDS} s")

    def get(self, path: str, **params: Any) -> dict[str, Any]:
        reply = self.call("GET", path, params=params)
        assert reply.status_code == 200, reply.text
        found: dict[str, Any] = reply.json()
        return found

    def items(self, path: str, **params: Any) -> Iterator[dict[str, Any]]:
        """The items of all pages of a list."""
        cursor: Mapping[str, str] = {}
        while True:
            page = self.get(path, limit=500, **params, **cursor)
            yield from page["items"]
            if page["next_cursor"] is None:
                return
            cursor = {"cursor": page["next_cursor"]}

    def start_job(self, collection: str, call: Mapping[str, Any]) -> str:
        """Start one job by `call`, which only this thread makes; returns its id.

        Where the answer was lost, the job may be there all the same.
        """
        mine = call["json"]["source"]["path"]
        known = set(self._jobs_of(collection, mine))
        while True:
            reply = self.attempt("POST", f"/api/v2/collections/{collection}/jobs", **call)
            if reply is not None:
                assert reply.status_code == 202, reply.text
                job: str = reply.json()["id"]
                return job
            time.sleep(0.3)
            for job in self._jobs_of(collection, mine):
                if job not in known:
                    return job

    def end_of(self, job_id: str) -> dict[str, Any]:
        """A job, once it has ended."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            job = self.get(f"/api/v2/jobs/{job_id}")
            if job["finished"]:
                return job
            time.sleep(0.2)
        raise TimeoutError(f"no end within {PATIENCE_SECONDS} s: {job}")

    def close(self) -> None:
        self._http.close()

    def _jobs_of(self, collection: str, path: str) -> Iterator[str]:
        for job in self.items("/api/v2/jobs", collection=collection):
            if job["source"].get("path") == path:
                yield job["id"]
