"""Mutated pictures for LOOKALIKE_TEST_FUZZ_SECONDS: decoders may die of them, and nothing else.

By mutations of files, and not by coverage as atheris does it: the decoders are C libraries in
wheels that are not built with its instrumentation.
"""

import os
import random
import shutil
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import Path

import psutil
import pytest

from encoder_worker.decode.decoder import network_view
from shared.errors import PictureError
from shared.pictures.thumbnail import Thumbnail
from shared.sandbox.pool import DecoderLimits, DecoderPool, View
from tests.drawn import draw
from tests.encoders import encoded
from tests.fuzz.mutants import Mutants
from tests.stack import Stack

SECONDS = float(os.environ.get("LOOKALIKE_TEST_FUZZ_SECONDS") or 20)
SEED = int(os.environ.get("LOOKALIKE_TEST_SEED") or random.randrange(10**6))
pytestmark = pytest.mark.timeout(600 + 2 * SECONDS)
LANES = 2
LIMITS = DecoderLimits(max_pixels=100_000_000, max_bytes=1 << 29, seconds=10)
#: A decoder's two attempts, each stopped after twice its processor time, when all wait for one
#: lane; and time to start another. Whatever takes longer is not stopped at all.
HANGS = 2 * (LIMITS.quick_seconds + LIMITS.seconds * LANES) + 120
OUTCOMES = PictureError.DECODER_CODES | {"drawn", "too_slow", "decoder_crashed"}
BATCH = 150


class Watch:
    """The decoders of this process, seen again and again: how many there were, and how large."""

    def __init__(self) -> None:
        self.pids: set[int] = set()
        self.largest = 0
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> "Watch":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._ended.wait(0.02):
            for child in psutil.Process().children():
                try:
                    if "shared.sandbox.child" in child.cmdline():
                        self.pids.add(child.pid)
                        self.largest = max(self.largest, child.memory_info().rss)
                except psutil.Error:
                    continue


def outcome(pool: DecoderPool, data: bytes, view: View[object]) -> tuple[str, float]:
    """What became of a picture, and after how many seconds."""
    started = time.monotonic()
    try:
        pool.decode(data, view)
        code = "drawn"
    except PictureError as failure:
        code = failure.code
    return code, time.monotonic() - started


def test_decoders(capsys: pytest.CaptureFixture[str]) -> None:
    views: tuple[View[object], ...] = (network_view(), Thumbnail(64))
    outcomes: Counter[str] = Counter()
    slowest, deadline = 0.0, time.monotonic() + SECONDS / 2
    pool, mutants, turn = DecoderPool(LIMITS, LANES), iter(Mutants(SEED)), threading.Lock()

    def work(number: int) -> Iterator[tuple[str, float]]:
        while time.monotonic() < deadline:
            with turn:
                _, data = next(mutants)
            yield outcome(pool, data, views[number % len(views)])

    try:
        with Watch() as watch, ThreadPoolExecutor(LANES) as threads:
            for found in threads.map(lambda number: list(work(number)), range(LANES)):
                outcomes.update(code for code, _ in found)
                slowest = max([slowest, *(seconds for _, seconds in found)])
        after, _ = outcome(pool, encoded(draw(1), "PNG"), views[0])
    finally:
        pool.close()

    with capsys.disabled():
        print(  # noqa: T201 - what it is for
            f"\nfuzz: seed {SEED}, {outcomes.total()} mutants: {dict(sorted(outcomes.items()))}; "
            f"{len(watch.pids)} decoder processes, the largest {watch.largest >> 20} MiB; "
            f"the slowest mutant {slowest:.1f} s"
        )
    assert set(outcomes) <= OUTCOMES
    assert outcomes["drawn"] > 0
    assert outcomes["corrupt"] > 0
    assert after == "drawn"
    assert slowest < HANGS
    assert 0 < watch.largest < LIMITS.memory_bytes


def test_a_stack(stack: Stack, capsys: pytest.CaptureFixture[str]) -> None:
    """Mutants are loaded, searched for and uploaded: each is accounted for, and all go on."""
    mutants, deadline = iter(Mutants(SEED + 1)), time.monotonic() + SECONDS / 2
    processes = {name: process.pid for name, process in stack.processes.items()}
    counts: Counter[str] = Counter()
    batches = 0
    while batches == 0 or time.monotonic() < deadline:
        folder = stack.image_root / f"fuzz{batches}"
        batch = [(f"{n:03}.{form}", data) for n, (form, data) in enumerate(islice(mutants, BATCH))]
        folder.mkdir()
        for name, data in batch:
            (folder / name).write_bytes(data)
        load_all(stack, folder, counts)
        search_each(stack, [data for _, data in batch[:20]], counts)
        shutil.rmtree(folder)
        batches += 1
    assert {name: process.pid for name, process in stack.processes.items()} == processes
    assert all(process.running for process in stack.processes.values())
    with capsys.disabled():
        print(  # noqa: T201 - what it is for
            f"\nfuzz: seed {SEED + 1}, {batches * BATCH} mutants in a stack: "
            f"{dict(sorted(counts.items()))}"
        )


def load_all(stack: Stack, folder: Path, counts: Counter[str]) -> None:
    """Load a batch: each file is a row or a failure of a known code."""
    collection = f"fuzz_{folder.name}"
    job = stack.wait_job(stack.load(collection, folder)["id"], 600)
    assert job["status"] == "done", job
    assert job["total"] + job["ignored"] == BATCH, job
    assert job["indexed"] + job["failed"] == job["done"] == job["total"], job
    failures = stack.failures(job["id"])
    assert len(failures) == job["failed"]
    codes = {failure["code"] for failure in failures}
    assert codes <= OUTCOMES | {"blank_vector"}, codes
    assert sum(1 for _ in stack.images(collection)) == job["indexed"]
    counts.update(f"load: {failure['code']}" for failure in failures)
    counts["load: indexed"] += job["indexed"]
    assert stack.client.delete(f"/api/v2/collections/{collection}").status_code == 204


def search_each(stack: Stack, pictures: list[bytes], counts: Counter[str]) -> None:
    """Search by mutants, and upload them: each is answered, with a picture or a known code."""
    url = "/api/v2/collections/fuzz"
    stack.client.post("/api/v2/collections", json={"name": "fuzz"})
    for data in pictures:
        for path, name in (("search", "file"), ("images?wait=true", "files")):
            reply = stack.client.post(f"{url}/{path}", files={name: data})
            code = "ok" if reply.status_code == 200 else reply.json()["code"]
            assert reply.status_code == 200 or code in OUTCOMES | {"blank_vector"}, reply.text
            counts[f"{path.partition('?')[0]}: {code}"] += 1
