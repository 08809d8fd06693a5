"""Clients of a running system, until a time is up: `python -m tests.benchmarks.serve_clients`.

A program of its own: locust puts gevent in the place of sockets and threads when it is imported.
"""

import argparse
import itertools
import json
import time
from collections import defaultdict
from contextlib import closing
from pathlib import Path
from typing import Any

import gevent
from locust import HttpUser, between, task
from locust.env import Environment

FILE, ID, LIST, UPLOAD = "search by a file", "search by an image", "listing", "upload"
OPENED, ENDED = "events, until the first", "events, from upload to the end"
#: What is measured, in the order of the report.
KINDS = (FILE, ID, LIST, UPLOAD, OPENED, ENDED)

_PAGE = 100
#: Seconds for requests under way to end when the time is up.
_LAST_REPLIES = 30


class Client(HttpUser):
    """Someone who searches most of the time, looks around, and adds pictures of their own."""

    wait_time = between(0.2, 1.0)
    collection: str
    photos: "itertools.cycle[bytes]"
    numbers = itertools.count()

    def on_start(self) -> None:
        self.ids: list[str] = []
        self.cursor: str | None = None
        self.look_around()

    @task(4)
    def search_by_file(self) -> None:
        files = {"file": ("query.jpg", next(self.photos), "image/jpeg")}
        self._call(FILE, "POST", "/search", files=files, data={"top_k": 10})

    @task(6)
    def search_by_image(self) -> None:
        if self.ids:
            self.ids.append(self.ids.pop(0))
            self._call(ID, "GET", f"/images/{self.ids[0]}/similar", params={"top_k": 20})

    @task(3)
    def look_around(self) -> None:
        params = {"limit": _PAGE, "order": "-added_at"}
        page = self._call(LIST, "GET", "/images", params=params | self._after())
        if page is not None:
            self.ids = [image["id"] for image in page["items"]] or self.ids
            self.cursor = page["next_cursor"]

    @task(2)
    def upload_and_follow(self) -> None:
        # Bytes of its own: a picture that is known would not be encoded.
        content = next(self.photos) + str(next(self.numbers)).encode()
        started = time.perf_counter()
        files = {"files": ("own.jpg", content, "image/jpeg")}
        job = self._call(UPLOAD, "POST", "/images", files=files)
        if job is not None:
            self._follow(job["id"], started)

    def _after(self) -> dict[str, str]:
        return {"cursor": self.cursor} if self.cursor else {}

    def _call(self, kind: str, method: str, path: str, **request: Any) -> Any:
        """The reply's JSON; None if it is an error, which is counted."""
        url = f"/api/v2/collections/{self.collection}{path}"
        with self.client.request(method, url, name=kind, catch_response=True, **request) as reply:
            reply.success()
            return reply.json() if reply.ok else None

    def _follow(self, job: str, started: float) -> None:
        url = f"/api/v2/jobs/{job}/events"
        with closing(self.client.get(url, name=OPENED, stream=True, timeout=120)) as reply:
            for line in reply.iter_lines():
                if line == b"event: end":
                    break
            else:
                return
        self.environment.events.request.fire(
            request_type="SSE",
            name=ENDED,
            response_time=(time.perf_counter() - started) * 1000,
            response_length=0,
            response=reply,
            exception=None,
            context={},
        )


class Record:
    """Milliseconds of the replies of each kind, and how often each status came; 0 for none.

    `mistakes` are the clients' own.
    """

    def __init__(self) -> None:
        self.milliseconds: dict[str, list[float]] = defaultdict(list)
        self.statuses: dict[str, dict[int, int]] = defaultdict(lambda: defaultdict(int))
        self.mistakes: list[str] = []

    def note(self, name: str, response_time: float, response: Any = None, **_: Any) -> None:
        status = getattr(response, "status_code", None) or 0
        self.statuses[name][status] += 1
        if 0 < status < 400:
            self.milliseconds[name].append(response_time)

    def note_mistake(self, exception: Exception, **_: Any) -> None:
        self.mistakes.append(repr(exception))


def main() -> None:
    """Call until the time is up, and write what came."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", required=True)
    parser.add_argument("--collection", required=True)
    parser.add_argument("--photos", type=Path, required=True, help="folder of JPEG files")
    parser.add_argument("--clients", type=int, required=True)
    parser.add_argument("--seconds", type=float, required=True)
    parser.add_argument("--out", type=Path, required=True, help="figures, as JSON")
    options = parser.parse_args()
    found = sorted(options.photos.rglob("*.jpg"))
    Client.collection = options.collection
    Client.photos = itertools.cycle([path.read_bytes() for path in found])
    record = Record()
    environment = Environment(user_classes=[Client], host=options.url, stop_timeout=_LAST_REPLIES)
    environment.events.request.add_listener(record.note)  # type: ignore[no-untyped-call]
    environment.events.user_error.add_listener(record.note_mistake)  # type: ignore[no-untyped-call]
    runner = environment.create_local_runner()
    started = time.perf_counter()
    runner.start(options.clients, spawn_rate=options.clients)
    gevent.spawn_later(options.seconds, runner.quit)
    runner.greenlet.join()
    if record.mistakes:
        raise RuntimeError(f"{len(record.mistakes)} mistakes of the clients: {record.mistakes[0]}")
    figures = {
        "seconds": time.perf_counter() - started,
        "milliseconds": record.milliseconds,
        "statuses": record.statuses,
    }
    options.out.write_text(json.dumps(figures))


if __name__ == "__main__":
    main()
