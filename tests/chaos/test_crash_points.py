"""Real processes that end by SIGKILL at a named point of a load, of an upload: the end is exact."""

import contextlib
import hashlib
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from shared.files.uris import file_path
from tests.drawn import draw
from tests.encoders import encoded
from tests.patient_client import PatientClient
from tests.services import wait_until
from tests.stack import Stack

pytestmark = pytest.mark.chaos

_HERE = Path(__file__).parent
_PATHS = f"{_HERE / 'crashing'}:{_HERE.parents[1]}"
COUNT = 12


@contextmanager
def doomed(stack: Stack, name: str, point: str) -> Iterator[None]:
    """Start a process again that will die at `point`, and once more when it has died there."""
    process = stack.processes[name]
    kept = dict(process.environment)
    process.kill()
    process.environment |= {"PYTHONPATH": _PATHS, "LOOKALIKE_TEST_CRASH": point}
    process.start()
    if name == "gateway":
        stack.wait_ready()
    try:
        yield
        wait_until(lambda: not process.running, 60, f"the death {point}")
    finally:
        process.kill()
        process.environment = kept
        process.start()
    stack.wait_ready()


def hashes(folder: Path) -> dict[str, str]:
    return {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in folder.iterdir()}


@pytest.mark.parametrize(
    ("name", "point"),
    [
        ("indexer", "before milvus delete 1"),
        ("encoder1", "after claim_moves 1"),
        ("encoder1", "after milvus upsert 1"),
    ],
)
def test_a_load(chaos_stack: Stack, name: str, point: str) -> None:
    collection, folder = "points", chaos_stack.image_root / "points"
    folder.mkdir()
    try:
        for index in range(COUNT):
            (folder / f"{index:02}.png").write_bytes(encoded(draw(index, (64, 48)), "PNG"))
        chaos_stack.wait_job(chaos_stack.load(collection, folder)["id"])
        paths = sorted(folder.iterdir())
        for path in paths[:6]:
            path.rename(path.with_name(f"new {path.name}"))
        paths[6].unlink()
        paths[7].write_bytes(encoded(draw(COUNT, (64, 48)), "PNG"))

        with doomed(chaos_stack, name, point):
            job = chaos_stack.load(collection, folder, on_duplicate="skip", sync=True)["id"]

        job = chaos_stack.wait_job(job)
        assert job["status"] == "done", job
        assert job["done"] == job["total"] == COUNT - 1, job
        assert (job["indexed"], job["unchanged"], job["moved"]) == (1, COUNT - 2, 6), job
        assert job["removed"] == 1, job
        images = list(chaos_stack.images(collection))
        assert {file_path(i["uri"]).name: i["sha256"] for i in images} == hashes(folder)
    finally:
        shutil.rmtree(folder)
        chaos_stack.client.delete(f"/api/v2/collections/{collection}")


#: The first has Redis know all scripts, so that `create_job` is one call.
POINTS = ("after LPUSH 1", "before file replace 2", "after create_job 1")


def test_uploads_that_are_sent_again(chaos_stack: Stack) -> None:
    pictures = [encoded(draw(index, (64, 48)), "PNG") for index in range(3)]
    files = [("files", (f"{index}.png", data)) for index, data in enumerate(pictures)]
    sent = {hashlib.sha256(data).hexdigest() for data in pictures}
    names = {f"sent_again_{index}": point for index, point in enumerate(POINTS)}
    for name, point in names.items():
        with doomed(chaos_stack, "gateway", point), pytest.raises(httpx.TransportError):
            chaos_stack.client.post(f"/api/v2/collections/{name}/images", files=files)

    for name, point in names.items():
        # Until the lock that a killed gateway held has ended.
        with contextlib.closing(PatientClient(chaos_stack.url)) as client:
            reply = client.call("POST", f"/api/v2/collections/{name}/images", files=files)
        assert reply.status_code == 202, (point, reply.text)
        jobs = chaos_stack.client.get("/api/v2/jobs", params={"collection": name}).json()
        for job in (chaos_stack.wait_job(item["id"]) for item in jobs["items"]):
            assert (job["status"], job["done"], job["failed"]) == ("done", 3, 0), (point, job)
        assert {image["sha256"] for image in chaos_stack.images(name)} == sent, point
        kept = (chaos_stack.folder / "data" / "uploads" / name).rglob("*.png")
        assert {path.stem for path in kept} == sent, point
        assert chaos_stack.client.delete(f"/api/v2/collections/{name}").status_code == 204
