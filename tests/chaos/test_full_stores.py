"""A load waits for a store that takes no writes, and goes on exactly; the logs say so once."""

import json
import shutil
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
import redis

from tests.chaos.test_kills import assert_exact
from tests.refusing_valkey import REFUSALS, FragileValkey, Refusal
from tests.services import wait_until
from tests.small_disk import SmallDisk, small_disk
from tests.stack import Stack, running_stack

pytestmark = pytest.mark.chaos

_COUNT = 64
#: Seconds for which a store refuses: several tries of each process.
_OUTAGE_SECONDS = 8.0
_WORKERS = ("indexer", "encoder1", "query")


class FullStack:
    """A stack whose stores have small disks of their own."""

    def __init__(self, stack: Stack, valkey_disk: SmallDisk, milvus_disk: SmallDisk) -> None:
        self.stack = stack
        self.milvus_disk = milvus_disk
        self.photos = sorted(stack.image_root.iterdir())
        client = redis.Redis(port=stack.valkey.port)
        self.valkey = FragileValkey(stack.valkey, valkey_disk, client)
        self._read: dict[str, int] = {}

    def forget_logs(self) -> None:
        """`outages` gives what comes after this."""
        self._read = {name: len(self.stack.processes[name].log.read_bytes()) for name in _WORKERS}

    def outages(self, worker: str, code: str) -> list[str]:
        """What a worker logged of an outage, and of any failure."""
        text = self.stack.processes[worker].log.read_bytes()[self._read[worker] :].decode()
        assert "Traceback" not in text, text
        lines = [json.loads(line) for line in text.splitlines() if line.startswith("{")]
        return [line["event"] for line in lines if line.get("code") == code]


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory, photos: list[Path]) -> Iterator[FullStack]:
    folder = tmp_path_factory.mktemp("full")
    (folder / "pictures").mkdir()
    for photo in photos[:_COUNT]:
        shutil.copyfile(photo, folder / "pictures" / photo.name)
    with ExitStack() as disks:
        valkey = disks.enter_context(small_disk(folder / "valkey", 32))
        milvus = disks.enter_context(small_disk(folder / "milvus", 32))
        with running_stack(folder, folder / "pictures", max_pending_chunks="4") as stack:
            yield FullStack(stack, valkey, milvus)


@pytest.mark.parametrize("refusal", REFUSALS, ids=lambda refusal: refusal.code)
def test_a_load_waits_for_redis(full: FullStack, refusal: Refusal) -> None:
    full.forget_logs()
    running = {name: full.stack.processes[name].pid for name in _WORKERS}
    job = full.stack.load(refusal.code)
    full.stack.wait_done(job["id"], 8)

    refusal.begin(full.valkey)
    time.sleep(_OUTAGE_SECONDS)
    assert full.stack.job(job["id"])["finished"] is False
    refusal.end(full.valkey)

    full.stack.wait_ready()
    assert_exact(full.stack, refusal.code, job["id"], full.photos)
    for name, pid in running.items():
        process = full.stack.processes[name]
        assert (process.running, process.pid) == (True, pid)
        assert full.outages(name, refusal.code) == ["outage_began", "outage_ended"], name


def test_a_load_waits_for_redis_whose_full_disk_ended_it(full: FullStack) -> None:
    """With `appendfsync always` Valkey ends, and its supervisor starts it when it can."""
    full.valkey.client.config_set("appendfsync", "always")
    job = full.stack.load("redis_ended")
    full.stack.wait_done(job["id"], 8)

    full.valkey.disk.fill()
    wait_until(lambda: not full.stack.valkey.running, 60, "the end of Valkey")
    full.valkey.disk.free()
    full.stack.valkey.start()

    full.stack.wait_ready()
    assert_exact(full.stack, "redis_ended", job["id"], full.photos)


def test_a_load_waits_for_the_disk_of_milvus(full: FullStack) -> None:
    full.forget_logs()
    job = full.stack.load("milvus_full")
    full.stack.wait_done(job["id"], 8)

    full.milvus_disk.fill()
    encoder = full.stack.processes["encoder1"]
    wait_until(lambda: full.outages("encoder1", "milvus_full"), 60, "a refused write")
    reply = full.stack.client.post("/api/v2/collections", json={"name": "no_room"})
    time.sleep(_OUTAGE_SECONDS)
    assert full.stack.job(job["id"])["finished"] is False
    full.milvus_disk.free()

    assert (reply.status_code, reply.json()["code"]) == (503, "milvus_full")
    assert_exact(full.stack, "milvus_full", job["id"], full.photos)
    assert encoder.running
    assert full.outages("encoder1", "milvus_full") == ["outage_began", "outage_ended"]
