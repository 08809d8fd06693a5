"""Searches beside hostile ones: pictures that take minutes to decode, sixteen at any time."""

import threading
from concurrent.futures import ThreadPoolExecutor

from tests.benchmarks import corpus
from tests.benchmarks.report import Report
from tests.benchmarks.search import latency
from tests.hostile_pictures import endless_jpeg
from tests.stack import Stack

_CLIENTS = 16
_COLLECTION = "hostile"


def measure(stack: Stack, *, searches: int, context: dict[str, str]) -> Report:
    """Latency of ordinary searches when idle, and beside sixteen clients with hostile ones."""
    report = Report("Searches beside hostile ones", context)
    photos = [path.read_bytes() for path in corpus.photos(stack.image_root / "photos", 50)]
    stack.wait_job(stack.load(_COLLECTION)["id"])
    picture, stop = endless_jpeg(), threading.Event()
    refused: list[str] = []

    def attack(_: int) -> None:
        while not stop.is_set():
            files = {"file": picture}
            reply = stack.client.post(f"/api/v2/collections/{_COLLECTION}/search", files=files)
            refused.append(str(reply.json().get("code", reply.status_code)))

    idle = latency(stack, _COLLECTION, photos, searches)
    with ThreadPoolExecutor(_CLIENTS) as clients:
        for number in range(_CLIENTS):
            clients.submit(attack, number)
        beside = latency(stack, _COLLECTION, photos, searches)
        stop.set()
    for name, found in (("idle", idle), (f"beside {_CLIENTS} hostile clients", beside)):
        report.add(f"{name}: as the client sees it", found.whole, "ms")
        report.add(f"{name}: p95", [found.p95], "ms")
    report.add("p95 beside / p95 idle", [beside.p95 / idle.p95], "ratio")
    for code in sorted(set(refused)):
        report.add(f"hostile searches answered {code}", [refused.count(code)], "searches")
    return report
