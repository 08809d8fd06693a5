"""An encoder on a full disk: it has no temporary files, and waits where it cannot write a lock."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from shared.ledger import Jobs
from shared.queue import Dispatcher, create_celery
from shared.redis import RedisClient
from shared.settings import Settings
from tests.drawn import draw
from tests.encoders import encoded
from tests.integration.encoder_worker.load import Load
from tests.integration.encoder_worker.test_tasks import Start, alive, log, start
from tests.services import wait_until
from tests.small_disk import SmallDisk, small_disk

__all__ = ["start"]

#: A picture that the quick lane decodes, formats of other decoders, and one for the slow lane.
PICTURES = {
    "a.jpg": ("JPEG", (400, 300)),
    "b.png": ("PNG", (400, 300)),
    "c.webp": ("WEBP", (400, 300)),
    "d.tif": ("TIFF", (400, 300)),
    "e.gif": ("GIF", (400, 300)),
    "large.png": ("PNG", (5000, 4000)),
}


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[SmallDisk]:
    with small_disk(tmp_path / "disk", 2) as small:
        yield small


@pytest.fixture
def files(load: Load) -> list[Path]:
    paths = []
    for index, (name, (kind, size)) in enumerate(PICTURES.items()):
        paths.append(load.root / name)
        paths[-1].write_bytes(encoded(draw(index, size), kind))
    return paths


def test_a_load_needs_no_room_for_temporary_files(
    start: Start,
    settings: Settings,
    redis: RedisClient,
    load: Load,
    files: list[Path],
    disk: SmallDisk,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    disk.fill()
    before = sorted(disk.folder.rglob("*"))
    for name in ("TMPDIR", "HOME", "XDG_CACHE_HOME"):
        monkeypatch.setenv(name, str(disk.folder))
    job_id, (chunk,) = load.job(files)
    start("encode")
    alive(redis, settings)
    Dispatcher(create_celery(settings)).send_chunks(job_id, [chunk], 5)
    jobs = Jobs(redis, settings)
    wait_until(lambda: jobs.get(job_id).finished, 60, "the load")
    job = jobs.get(job_id)
    assert (job.status, job.indexed, job.failed) == ("done", len(PICTURES), 0)
    assert sorted(disk.folder.rglob("*")) == before


def test_a_load_waits_for_room_for_its_locks(
    start: Start,
    settings: Settings,
    redis: RedisClient,
    load: Load,
    files: list[Path],
    disk: SmallDisk,
) -> None:
    """The embedded store is written under a lock, a file below LOOKALIKE_DATA_DIR."""
    disk.fill()
    job_id, (chunk,) = load.job(files)
    process = start("encode", data_dir=str(disk.folder))
    alive(redis, settings)
    Dispatcher(create_celery(settings)).send_chunks(job_id, [chunk], 5)
    jobs = Jobs(redis, settings)
    wait_until(lambda: "No space left" in log(process), 60, "the refusal")
    assert not jobs.get(job_id).finished
    disk.free()
    wait_until(lambda: jobs.get(job_id).finished, 60, "the load")
    job = jobs.get(job_id)
    assert (job.status, job.indexed, job.failed) == ("done", len(PICTURES), 0)
