"""Loads, moves, uploads and deletions while processes are killed at random: the end is exact.

LOOKALIKE_TEST_KILLS processes are killed, chosen by LOOKALIKE_TEST_SEED (docs/soak.md).
"""

import os
import random
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from shared.redis import connect
from shared.settings import Settings
from tests.orphans import orphans
from tests.patient_client import PatientClient
from tests.services import wait_until
from tests.soak.faults import Disk, Faults, Supervisor
from tests.soak.work import UPLOADS, QuietFolder, RestlessFolder, SecondClient, check_sum
from tests.stack import Stack

KILLS = int(os.environ.get("LOOKALIKE_TEST_KILLS") or 6)
SEED = int(os.environ.get("LOOKALIKE_TEST_SEED") or random.randrange(10**6))
pytestmark = [pytest.mark.chaos, pytest.mark.timeout(900 + 30 * KILLS)]


@contextmanager
def soaked_stack(folder: Path) -> Iterator[tuple[Stack, Disk]]:
    """A stack whose ledger and uploads are on a small disk."""
    (folder / "pictures").mkdir()
    disk = Disk(folder / "disk")
    for name in ("valkey", "milvus", "data"):
        (disk.folder / name).mkdir()
        (folder / name).symlink_to(disk.folder / name)
    stack = Stack(folder, folder / "pictures", weights="untrained", chunk_size="3")
    try:
        stack.start(encoders=2)
        yield stack, disk
    except BaseException:
        print(stack.logs())  # noqa: T201 - pytest shows it with the failure
        raise
    finally:
        stack.stop()
        disk.close()


def until(stop: threading.Event, step: Callable[[], None]) -> Callable[[], None]:
    def run() -> None:
        while not stop.is_set():
            step()

    return run


def test_soak(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with capsys.disabled():
        print(f"\nsoak: {KILLS} kills, seed {SEED}")  # noqa: T201 - to run it again
    dice = random.Random(SEED)
    with ExitStack() as exits:
        stack, disk = exits.enter_context(soaked_stack(tmp_path))
        client = PatientClient(stack.url)
        exits.callback(client.close)
        parts = [random.Random(dice.random()) for _ in range(6)]
        root = stack.image_root
        second = SecondClient(client, root / "static", parts[0], 3000)
        quiet = [QuietFolder(client, root / f"quiet{n}", parts[n], 1000 * n) for n in (1, 2)]
        restless = RestlessFolder(client, root / "restless", parts[3], 100)
        faults = Faults(stack, disk, parts[4], KILLS)
        work = [*(one.step for one in quiet), restless.step, restless.move, second.step]
        with Supervisor(stack, parts[5]) as supervisor:
            run(faults, work)
            stack.wait_ready(120)
            for one in quiet:
                one.step()
            restless.finish()
            second.finish()
            check_end(stack, client)
            check_uploads(stack, second, most_left=faults.kills["gateway"])
        lines = [
            f"soak: seed {SEED}",
            f"kills by process: {dict(sorted(faults.kills.items()))}",
            f"stopped for a while: {dict(sorted(faults.stops.items()))}",
            f"full disks: {faults.full_disks if disk.mounted else 'this user mounts none'}",
            f"restarts: {dict(sorted(supervisor.restarts.items()))}",
            f"exact loads: {sum(one.rounds for one in quiet)}, "
            f"moves during others: {restless.moves}",
            f"uploads left: {len(second.uploaded)}, deletions: {second.deleted}, "
            f"searches: {second.searches}",
        ]
        with capsys.disabled():
            print("\n".join(lines))  # noqa: T201 - what a soak is for


def run(faults: Faults, work: list[Callable[[], None]]) -> None:
    """Do all the work until the faults have ended, or something of it failed."""
    stop = threading.Event()
    with ThreadPoolExecutor(len(work) + 1) as threads:
        raging = threads.submit(faults.run)
        working = [threads.submit(until(stop, step)) for step in work]
        raging.add_done_callback(lambda _: stop.set())
        try:
            wait([raging, *working], return_when=FIRST_EXCEPTION)
        finally:
            faults.stop.set()
            stop.set()
        for future in (raging, *working):
            future.result()


def check_uploads(stack: Stack, second: SecondClient, most_left: int) -> None:
    """Every upload that was not deleted has its file.

    A gateway that is killed between a row and its file leaves that file, and no more.
    """
    found = (stack.folder / "data" / "uploads" / UPLOADS).rglob("*.png")
    kept = {path.stem for path in found}
    assert second.uploaded <= kept
    assert len(kept - second.uploaded) <= most_left


def check_end(stack: Stack, client: PatientClient) -> None:
    """Nothing is left over in the ledger and the queues; every job adds up."""
    for job in client.items("/api/v2/jobs"):
        assert job["status"] == "done", job
        check_sum(job)
    redis = connect(Settings(redis_url=stack.valkey.url))
    try:
        wait_until(lambda: orphans(redis) == [], 30, f"no orphans: {orphans(redis)}")
    finally:
        redis.close()
