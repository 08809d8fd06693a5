"""A file copied into a watched folder: seconds until it is found by its name."""

import shutil
import threading
import time
from pathlib import Path
from typing import Any

from tests.benchmarks import corpus
from tests.benchmarks.report import Report
from tests.services import wait_until
from tests.stack import Stack

#: Files of one figure.
_FILES = 20
_COLLECTION, _OTHER = "watched", "loaded"
_POLL_SECONDS = 0.02
#: Between a file that was found and the next one, so that each is a burst of its own.
_REST_SECONDS = 2.5


def measure(stack: Stack, *, count: int, context: dict[str, str]) -> Report:
    """Copy files into a watched folder, one by one: while nothing else is loaded, and during loads.

    Loads of `count` pictures into another collection are begun again until all files are found.
    """
    report = Report("A file copied into a watched folder", context)
    folder, beside = stack.image_root / "watched", stack.image_root / "beside"
    folder.mkdir()
    new = corpus.photos(stack.folder / "new", 2 * _FILES + 1)
    corpus.photos(beside, count)
    _watch(stack, folder)
    _found_after(stack, folder, new[0])
    idle = [_found_after(stack, folder, path) for path in new[1 : _FILES + 1]]
    with _Loads(stack, beside):
        busy = [_found_after(stack, folder, path) for path in new[_FILES + 1 :]]
    for name, seconds in (("nothing else is loaded", idle), ("another load runs", busy)):
        report.add(f"found, while {name}", seconds, "s")
    return report


def _watch(stack: Stack, folder: Path) -> None:
    source = {"source": {"kind": "directory", "path": str(folder)}, "watch": True}
    stack.client.post("/api/v2/collections", json={"name": _COLLECTION}).raise_for_status()
    made = stack.client.post(f"/api/v2/collections/{_COLLECTION}/sources", json=source)
    made.raise_for_status()
    # It is loaded whole once it is watched.
    here = f"/api/v2/collections/{_COLLECTION}/sources/{made.json()['id']}"
    wait_until(lambda: stack.client.get(here).json()["last_job"], 60, "the folder to be watched")


def _found_after(stack: Stack, folder: Path, picture: Path) -> float:
    """Seconds from the end of the copy."""
    time.sleep(_REST_SECONDS)
    path = folder / picture.name
    while path.exists():
        path = path.with_name(f"again-{path.name}")
    shutil.copyfile(picture, path)
    begun = time.perf_counter()
    asked = {"uri": path.as_uri()}
    while not _images(stack, asked):
        time.sleep(_POLL_SECONDS)
    return time.perf_counter() - begun


def _images(stack: Stack, asked: dict[str, str]) -> list[Any]:
    reply = stack.client.get(f"/api/v2/collections/{_COLLECTION}/images", params=asked)
    reply.raise_for_status()
    found: list[Any] = reply.json()["items"]
    return found


class _Loads:
    """Loads of a folder, one after the other, for as long as the context lasts."""

    def __init__(self, stack: Stack, folder: Path) -> None:
        self._stack = stack
        self._folder = folder
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        number = 0
        while not self._stop.is_set():
            job = self._stack.load(f"{_OTHER}_{number}", self._folder)
            number += 1
            while self._stack.job(job["id"])["status"] != "done":
                if self._stop.wait(0.5):
                    return
