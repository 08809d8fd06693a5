"""Stores behind connections that are cut again and again, or never answer: no call hangs."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from shared.files.uris import file_uri
from tests.drawn import draw_files
from tests.patient_client import PatientClient
from tests.proxy import Direction, Proxy
from tests.services import wait_until
from tests.stack import Stack

pytestmark = pytest.mark.chaos

COUNT = 48
#: What a client may ask while a store is away.
CALLS = (
    ("GET", "/api/v2/jobs"),
    ("GET", "/api/v2/collections"),
    ("GET", "/api/v2/collections/{}"),
    ("GET", "/api/v2/collections/{}/images"),
    ("GET", "/health/ready"),
    ("GET", "/api/v2/system"),
)


class Behind:
    """A stack whose processes reach both stores through proxies, and a client of it."""

    def __init__(self, folder: Path, root: Path) -> None:
        self.stack = Stack(folder, root, weights="untrained")
        self.proxies = {
            "redis": Proxy(self.stack.valkey.port),
            "milvus": Proxy(self.stack.milvus.port),
        }
        self.stack.environment |= {
            "LOOKALIKE_REDIS_URL": f"redis://127.0.0.1:{self.proxies['redis'].port}/0",
            "LOOKALIKE_MILVUS_URI": f"http://127.0.0.1:{self.proxies['milvus'].port}",
        }
        self.client = PatientClient(self.stack.url)

    def ask_all(self, collection: str, picture: bytes) -> list[int | None]:
        """Call everything at once; the statuses, None for each 503 or 504."""
        calls: list[tuple[str, str, dict[str, Any]]] = [
            (method, path.format(collection), {}) for method, path in CALLS
        ]
        search = {"files": {"file": picture}}
        calls += [("POST", f"/api/v2/collections/{collection}/search", search)] * 3
        with ThreadPoolExecutor(len(calls)) as threads:
            asked = [threads.submit(self.client.attempt, m, path, **kw) for m, path, kw in calls]
            replies = [future.result() for future in asked]
        return [reply.status_code if reply else None for reply in replies]

    def close(self) -> None:
        self.client.close()
        self.stack.stop()
        for proxy in self.proxies.values():
            proxy.close()


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    return draw_files(tmp_path_factory.mktemp("behind") / "pictures", COUNT)


@pytest.fixture(scope="module")
def behind(photos: list[Path]) -> Iterator[Behind]:
    root = photos[0].parents[1]
    opened = Behind(root.parent, root)
    try:
        opened.stack.start()
        yield opened
    except BaseException:
        print(opened.stack.logs())  # noqa: T201 - pytest shows it with the failure
        raise
    finally:
        opened.close()


def assert_exact(behind: Behind, collection: str, job_id: str, photos: list[Path]) -> None:
    behind.stack.wait_ready()
    job = behind.stack.wait_job(job_id)
    assert job["status"] == "done", job
    assert job["indexed"] == job["done"] == job["total"] == COUNT, job
    uris = [image["uri"] for image in behind.stack.images(collection)]
    assert sorted(uris) == sorted(map(file_uri, photos))
    # gRPC's channels and the pools of connections have to be whole again.
    wait_until(
        lambda: set(behind.ask_all(collection, photos[0].read_bytes())) == {200}, 60, "answers"
    )
    behind.stack.client.delete(f"/api/v2/collections/{collection}").raise_for_status()


@pytest.mark.parametrize("direction", ["request", "reply"])
def test_cut_again_and_again(behind: Behind, photos: list[Path], direction: Direction) -> None:
    proxies, collection = behind.proxies.values(), f"cut_{direction}"
    job = behind.stack.load(collection)["id"]
    before = {proxy: proxy.cuts for proxy in proxies}
    try:
        for count in (300, 10_000, 300_000):
            for proxy in proxies:
                proxy.cut_after(count, direction, again=True)
            behind.ask_all(collection, photos[0].read_bytes())
    finally:
        for proxy in proxies:
            proxy.heal()
    assert all(proxy.cuts > before[proxy] for proxy in proxies)
    assert_exact(behind, collection, job, photos)


@pytest.mark.parametrize("store", ["redis", "milvus"])
def test_a_store_that_never_answers(behind: Behind, photos: list[Path], store: str) -> None:
    proxy, collection = behind.proxies[store], f"swallowed_{store}"
    job = behind.stack.load(collection)["id"]
    behind.stack.wait_done(job, 1)
    proxy.swallow()
    try:
        statuses = behind.ask_all(collection, photos[0].read_bytes())
    finally:
        proxy.heal()
    # All were answered in time, and those that need the store by 503 or 504.
    assert statuses[-3:] == [None] * 3, statuses
    assert_exact(behind, collection, job, photos)
