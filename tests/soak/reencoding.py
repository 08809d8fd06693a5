"""A collection is encoded anew while clients search, and one loads, changes and forgets.

`python -m tests.soak.reencoding --pictures 5000` runs it on a stack of its own.
"""

import argparse
import random
import tempfile
import threading
import time
from collections.abc import Callable
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from shared.files.uris import file_uri
from tests.drawn import draw_files
from tests.stack import Stack, running_stack

#: An own picture's score is 1, but for what a JPEG decoder on another path makes of it. Vectors of
#: two poolings have a cosine far below.
_OWN_SCORE = 0.999
_LOADED_AT_ONCE = 5
#: Pictures of the loading client begin at this number, beyond those that searches are by.
_FIRST_LOADED = 1_000_000


@dataclass
class Figures:
    """What the clients did; `searches` are (when, seconds)."""

    began: float = 0.0
    swapped: float = 0.0
    searches: list[tuple[float, float]] = field(default_factory=list)
    loaded: int = 0
    changed: int = 0
    forgotten: int = 0
    job: dict[str, Any] = field(default_factory=dict)

    def lines(self) -> list[str]:
        """The figures as text."""
        job = self.job
        parts = {
            "before": (0.0, self.began),
            "while it was encoded anew": (self.began, self.swapped),
            "after": (self.swapped, float("inf")),
        }
        return [
            f"encoded anew: {job['indexed']:,} of {job['total']:,} images in "
            f"{self.swapped - self.began:.0f} s, {job['failed']} failed",
            f"meanwhile and after: {self.loaded} loaded, {self.changed} changed, "
            f"{self.forgotten} forgotten",
            *(f"searches {part}: {self._latencies(*times)}" for part, times in parts.items()),
            "errors: 0, lost images: 0, searches that missed their own picture: 0",
        ]

    def _latencies(self, begin: float, end: float) -> str:
        found = sorted(seconds for at, seconds in self.searches if begin <= at < end)
        if not found:
            return "none"
        p50, p99 = found[len(found) // 2], found[int(len(found) * 0.99)]
        return f"{len(found):,}, p50 {1000 * p50:.0f} ms, p99 {1000 * p99:.0f} ms"


class Reencoded:
    """A collection of drawn pictures under avg, and the clients that use it."""

    def __init__(self, stack: Stack, name: str, pictures: int) -> None:
        self.figures = Figures()
        self._stack = stack
        self._name = name
        self._url = f"/api/v2/collections/{name}"
        self._root = stack.image_root / name
        self._stop = threading.Event()
        #: The tags of each image that must be there, by uri.
        self.expected: dict[str, list[str]] = {}
        body = {"name": name, "descriptor": {"pooling": "avg"}}
        stack.client.post("/api/v2/collections", json=body).raise_for_status()
        self._pictures = draw_files(self._root / "searched", pictures)
        self._load(self._root / "searched", "searched", pictures)

    def run(self, clients: int, quiet_seconds: float) -> None:
        """Encode it anew with `clients` searching; AssertionError where anything goes wrong."""
        dice = [random.Random(number) for number in range(clients)]
        work = [*(self._searching(each) for each in dice), self._writing]
        with ThreadPoolExecutor(len(work) + 1) as threads:
            running = [threads.submit(self._until_stopped, each) for each in work]
            steering = threads.submit(self._reencode, quiet_seconds)
            steering.add_done_callback(lambda _: self._stop.set())
            wait([steering, *running], return_when=FIRST_EXCEPTION)
            self._stop.set()
            for future in (*running, steering):
                future.result()
        self._check()

    def _reencode(self, quiet_seconds: float) -> None:
        client, figures = self._stack.client, self.figures
        time.sleep(quiet_seconds)
        figures.began = time.monotonic()
        reply = client.post(f"{self._url}/reencode", json={"pooling": "rmac"})
        assert reply.status_code == 202, reply.text
        figures.job = self._stack.wait_job(reply.json()["id"], 3600)
        figures.swapped = time.monotonic()
        assert figures.job["status"] == "done", figures.job
        assert figures.job["failed"] == 0, figures.job
        assert client.get(f"{self._url}/reencode").json()["state"] == "kept"
        time.sleep(quiet_seconds)
        client.delete(f"{self._url}/reencode").raise_for_status()
        time.sleep(quiet_seconds)

    def _searching(self, dice: random.Random) -> Callable[[httpx.Client], None]:
        """Searches by pictures that are there all the time: each must find itself."""

        def step(client: httpx.Client) -> None:
            path = dice.choice(self._pictures)
            began = time.monotonic()
            reply = client.post(f"{self._url}/search", files={"file": path.read_bytes()})
            assert reply.status_code == 200, reply.text
            self.figures.searches.append((began, time.monotonic() - began))
            own = [hit for hit in reply.json()["hits"] if hit["uri"] == file_uri(path)]
            assert own, (path, reply.json())
            assert own[0]["score"] > _OWN_SCORE, (path, reply.json())
            similar = client.get(f"{self._url}/images/{own[0]['id']}/similar")
            assert similar.status_code == 200, similar.text

        return step

    def _writing(self, client: httpx.Client) -> None:
        """Loads a few pictures, changes the tags of some others, forgets some more."""
        folder = self._root / f"loaded{self.figures.loaded:06}"
        first = _FIRST_LOADED + self.figures.loaded
        paths = draw_files(folder, _LOADED_AT_ONCE, first)
        self._load(folder, "loaded", _LOADED_AT_ONCE)
        self.figures.loaded += _LOADED_AT_ONCE
        tagged, forgotten = file_uri(paths[0]), file_uri(paths[1])
        base = file_uri(self._pictures[self.figures.changed % len(self._pictures)])
        for uri in (tagged, base):
            body = {"tags": {"add": ["changed"]}}
            reply = client.patch(f"{self._url}/images/{self._id(client, uri)}", json=body)
            assert reply.status_code == 200, reply.text
            self.expected[uri] = sorted({*self.expected[uri], "changed"})
            self.figures.changed += 1
        reply = client.delete(f"{self._url}/images/{self._id(client, forgotten)}")
        assert reply.status_code == 204, reply.text
        del self.expected[forgotten]
        self.figures.forgotten += 1

    def _id(self, client: httpx.Client, uri: str) -> str:
        found = client.get(f"{self._url}/images", params={"uri": uri}).json()["items"]
        assert len(found) == 1, uri
        return str(found[0]["id"])

    def _load(self, folder: Path, tag: str, count: int) -> None:
        job = self._stack.load(self._name, folder, tags=[tag])
        ended = self._stack.wait_job(job["id"], 3600)
        assert (ended["status"], ended["indexed"], ended["failed"]) == ("done", count, 0), ended
        for path in folder.rglob("*.jpg"):
            self.expected[file_uri(path)] = [tag]

    def _until_stopped(self, step: Callable[[httpx.Client], None]) -> None:
        with httpx.Client(base_url=self._stack.url, timeout=60) as client:
            while not self._stop.is_set():
                step(client)

    def _check(self) -> None:
        """Every image is there with its tags, and found by its own picture."""
        found = {image["uri"]: sorted(image["tags"]) for image in self._stack.images(self._name)}
        assert found == self.expected
        info = self._stack.client.get(self._url).json()
        assert info["descriptor"]["pooling"] == "rmac"
        assert info["count"] == len(self.expected)
        loaded = [path for path in self._root.rglob("*.jpg") if file_uri(path) in self.expected]
        for path in random.Random(0).sample(loaded, min(len(loaded), 50)):
            hits = self._stack.search(self._name, path.read_bytes(), top_k=3)["hits"]
            assert any(h["uri"] == file_uri(path) and h["score"] > _OWN_SCORE for h in hits), path


def main() -> None:
    """Run it, and print what was measured."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pictures", type=int, default=500)
    parser.add_argument("--clients", type=int, default=4)
    parser.add_argument("--weights", default="imagenet")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "pictures").mkdir()
        settings = {"weights": options.weights, "chunk_size": "32"}
        with running_stack(folder, folder / "pictures", **settings) as stack:
            reencoded = Reencoded(stack, "reencoded", options.pictures)
            reencoded.run(options.clients, quiet_seconds=5)
            print("\n".join(reencoded.figures.lines()))  # noqa: T201 - what it is for


if __name__ == "__main__":
    main()
